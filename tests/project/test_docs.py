"""The documentation says what is there: commands, files, functions, figures, tables and gates."""

from __future__ import annotations

import ast
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from alerts.channels.base import Message
from alerts.errors import DeliveryFinal, DeliveryRecoverable
from bench.figures import END, START, figures_table
from groundswell_docs.api import openapi_description
from groundswell_docs.commands import command_options, command_paths, command_reference
from groundswell_docs.entities import entity_diagram, references
from groundswell_docs.generated import GENERATORS, MARK
from groundswell_docs.offline import loaded_from_elsewhere
from groundswell_docs.results import COMMANDS, RESULTS, result_tables
from groundswell_docs.sequence import STEPS
from groundswell_docs.tables import table_reference
from models.alert import Gate
from store.schema import metadata

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
TEXTS = dict(zip(NAMES, (path.read_text(encoding="utf-8") for path in PAGES), strict=True))

WORD = re.compile(r"[a-z][a-z-]*(?:\\?\|[a-z][a-z-]*)*")
FILE = re.compile(
    r"`((?:alerts|bench|console|docs|groundswell|models|pipelines|store|stream|tests)/[\w./-]+?\.(?:py|md|json|toml))`"
)
FUNCTION = re.compile(r"`([\w.]+)` (?:of|in) `((?:alerts|models|pipelines|store|stream)/[\w/]+\.py)`")
PRIVATE = re.compile(
    r"\b(?:tells?|telling|told|heirs?|lent|parted|parting|newborns?|front door|the house|rooms|beside)\b",
    re.IGNORECASE,
)
"""Words that were private to this project, or that have a standard counterpart; `docs/glossary.md` has the terms."""


def commands_of(text: str) -> set[tuple[str, ...]]:
    """Return the commands that a page names, as words after `groundswell`; `a|b` means both."""
    found = set()
    for spoken in re.findall(r"(?:^\$ (?:\.venv/bin/)?|`|worker |console )groundswell ([^`\n]+)", text, re.MULTILINE):
        words: list[str] = []
        for word in spoken.split():
            if not WORD.fullmatch(word):
                break
            words.append(word)
        if words:
            for last in re.split(r"\\?\|", words[-1]):
                found.add((*words[:-1], last))
    return found


@pytest.fixture(scope="module")
def options() -> dict[tuple[str, ...], set[str]]:
    """Return the options of each command."""
    return command_options()


@pytest.mark.parametrize("name", NAMES)
def test_each_command_exists(name: str, options: dict[tuple[str, ...], set[str]]) -> None:
    """Each command that README or a page names is a command of the command line; arguments may follow it."""
    groups = {path[:1] for path in options if len(path) > 1}
    wrong = [
        " ".join(words)
        for words in sorted(commands_of(TEXTS[name]))
        if words[:2] not in options and (words[:1] not in options or (words[:1] in groups and len(words) > 1))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_each_option_exists(name: str, options: dict[tuple[str, ...], set[str]]) -> None:
    """Each option in a command line that a page shows is an option of that command."""
    wrong = []
    for line in re.findall(r"^\$ (?:\.venv/bin/)?groundswell ([^|#\n]+)", TEXTS[name], re.MULTILINE):
        words = line.split()
        path = next((tuple(words[:n]) for n in (3, 2, 1) if tuple(words[:n]) in options), ())
        wrong += [f"{line}: {one}" for one in re.findall(r"--[a-z-]+", line) if one not in options[path]]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_each_file_exists(name: str) -> None:
    """Each file of the source that a page names exists; pages about files to come show their content."""
    shown = set(re.findall(r"own, `([\w/.]+)`:", TEXTS[name]))
    named = [path for path in FILE.findall(TEXTS[name]) if path not in shown and "NNNN" not in path]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_plain_words(name: str) -> None:
    """Pages are written in standard terms."""
    text = re.sub(r"```.*?```", "", TEXTS[name], flags=re.DOTALL)
    assert PRIVATE.findall(re.sub(r"`[^`]*`", "", text)) == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_each_link_leads_to_a_file(name: str) -> None:
    """Links from README and CONTRIBUTING lead to files of the repository; those between pages are checked by Sphinx."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXTS[name])
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_guided_tour_is_true() -> None:
    """Each function and class that the guided tour names is in the file that it names."""
    tour = TEXTS["CONTRIBUTING.md"].split("## Guided tour")[1]
    places = FUNCTION.findall(" ".join(tour.split()))
    assert len(places) >= 12
    for name, path in places:
        defined = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if hasattr(node, "name")}
        assigned = set(re.findall(r"^(\w+)(?:: \w+)? = ", (ROOT / path).read_text(), re.MULTILINE))
        assert set(name.split(".")) <= defined | assigned, f"{path} has no {name}"


def test_the_figures_in_readme_are_the_stored_ones() -> None:
    """The table in README is what `python -m bench.figures` prints."""
    assert TEXTS["README.md"].split(START)[1].split(END)[0].strip() == figures_table().strip()


def test_each_stored_result_is_shown() -> None:
    """Each file of results is on the page of results, with a command that exists."""
    assert set(COMMANDS) == {path.stem for path in RESULTS.glob("*.json")}
    for _, command in COMMANDS.values():
        name = command.split()[2 if " -m " in command else 1]
        path = f"{name.replace('.', '/')}.py" if " -m " in command else name
        assert (ROOT / path).is_file(), command
    assert "| themes |" in result_tables()


def test_each_step_of_the_epoch_names_a_file() -> None:
    """The modules that the sequence diagram names exist."""
    assert [step.module for step in STEPS if not (ROOT / step.module).is_file()] == []


def test_the_entity_diagram_shows_each_table() -> None:
    """Each table is drawn and described, and each reference leads to a table."""
    drawn, described = entity_diagram(), table_reference()
    for table in metadata.tables:
        assert f">{table}</text>" in drawn
        assert f"## `{table}`" in described
    assert {link.target for link in references(metadata)} <= set(metadata.tables)


def test_each_command_is_described() -> None:
    """The reference of the command line has a section for each command."""
    text = command_reference()
    for path in command_paths():
        assert f"# `groundswell {' '.join(path)}`\n" in text


def test_each_route_is_described() -> None:
    """Each route of the JSON API says what it does or returns."""
    paths = openapi_description()["paths"]
    operations = ((path, method, one) for path, found in paths.items() for method, one in found.items())
    silent = [
        (path, method) for path, method, one in operations if path.startswith("/api/") and not one.get("description")
    ]
    assert silent == []


def test_the_channel_of_the_guide_works() -> None:
    """The channel that the guide shows sends what it is given, and classifies the receiver's refusals."""
    code = re.search(r"```python\n(.*?)```", TEXTS["docs/how-to/add-a-channel.md"], re.DOTALL)
    assert code
    shown: dict[str, type] = {}
    exec(compile(code[1], "plain_post.py", "exec"), shown)  # noqa: S102 (the page's own example)
    bodies, answers = [], [200, 400, 503]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the output of tests clean."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        channel = shown["PlainPostChannel"]("desk", address, timedelta(seconds=5), lambda: datetime.now(UTC))
        message = Message("alert:1", "alert", "checkout", "**text**", {"id": 1})
        channel.send(message)
        with pytest.raises(DeliveryFinal):
            channel.send(message)
        with pytest.raises(DeliveryRecoverable):
            channel.send(message)
        server.shutdown()
    assert b'"key":"alert:1"' in bodies[0]
    with pytest.raises(DeliveryRecoverable):
        channel.send(message)


def test_each_generator_is_used() -> None:
    """Each generator fills a page, and each mark names a generator."""
    marks = [mark for name, text in TEXTS.items() if name.startswith("docs/") for mark in MARK.findall(text)]
    assert sorted(marks) == sorted(GENERATORS)


def test_each_gate_is_explained() -> None:
    """Each gate is in the table of the page about spikes."""
    rows = TEXTS["docs/explanation/spikes.md"].split("| gate |")[1]
    assert [gate.value for gate in Gate if f"`{gate.value}`" not in rows] == []


def test_the_glossary_is_in_order() -> None:
    """The glossary has its terms in alphabetical order, each once."""
    terms = re.findall(r"^## (.+)$", TEXTS["docs/glossary.md"], re.MULTILINE)
    assert len(terms) >= 40
    assert terms == sorted(set(terms), key=str.lower)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ('<script src="https://cdn.example/a.js"></script>', ["https://cdn.example/a.js"]),
        ('<link rel="stylesheet" href="//fonts.example/css">', ["//fonts.example/css"]),
        ("@font-face { src: url(https://fonts.example/x.woff2) }", ["https://fonts.example/x.woff2"]),
        ('<img alt="" src="http://host.example/p.png">', ["http://host.example/p.png"]),
        ('<a href="https://cloudevents.io">a link</a> <script src="_static/furo.js"></script>', []),
        ('<link rel="canonical" href="https://docs.example/">', []),
    ],
)
def test_what_a_browser_would_load_is_found(text: str, addresses: list[str]) -> None:
    """Addresses on other hosts that a browser loads by itself are found; links that a reader follows are not meant."""
    assert loaded_from_elsewhere(text) == addresses
