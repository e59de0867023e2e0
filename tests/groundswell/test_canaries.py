"""Secrets that are planted in everything that comes in are found in nothing that is stored, written, printed or shown."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import stamina
import typer
from prometheus_client import generate_latest

from console.app import create_app
from groundswell.cli import app as commands
from groundswell.cli import main
from groundswell.health import Stalls
from groundswell.inbox import InboxDrain
from groundswell.logging import configure_logging
from groundswell.metrics import Metrics
from groundswell.receiving import Given, inbox_receiver
from groundswell.settings import Settings
from groundswell.telemetry import IntakeTelemetry
from models.embedding import HashingEmbedder
from store.database import open_database
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.processing import Processor
from stream.receive.settings import WebhookSystem
from tests.console.conftest import Client, console_parts
from tests.harness.canaries import Canaries, files_below
from tests.harness.canary_files import write_files
from tests.harness.canary_requests import (
    NOW,
    SECRET,
    addresses,
    deliveries,
    faults,
    forms,
    jira_desk,
    launch_files,
    links,
    zendesk_desk,
)
from tests.harness.helpdesks import HelpdeskServer, running
from tests.harness.webhooks import AppClient

SERVERS = {"demo", "flows", "serve", "receive", "worker", "miner", "replay", "backfill"}
"""Commands that run until they are stopped, or for long: only their usage errors are looked at."""

LISTINGS = (
    "quarantine", "quarantine --json", "themes list --all", "themes list --all --members --json", "themes show 1", "themes history 1",
    "themes decisions", "themes decisions --json", "spikes list --json", "launches list", "launches list --json", "changes list --json",
    "alerts list --json", "demand list", "demand list --json", "doctor", "digest build", "digest publish",
    "digest build --kind review", "digest publish --kind review",
)  # fmt: skip


class Installation:
    """A data folder with its database, the ways into it, and all that was printed and answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canaries = Canaries(20261129)
        self.shown: dict[str, bytes] = {}
        self.log = io.StringIO()
        self.url = f"sqlite:///{folder / 'data' / 'groundswell.db'}"

    def run(self, *words: str) -> int:
        """Run a command in this process and keep what it prints."""
        out, err = _printed(), _printed()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            sys.argv = ["groundswell", *words]
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        name = " ".join(words)
        self.shown[f"the output of {name}"] = out.buffer.getvalue()
        self.shown[f"the errors of {name}"] = err.buffer.getvalue()
        return code

    def found(self, contents: Iterator[tuple[str, bytes]]) -> list[str]:
        """Return what was found where, one sentence each."""
        given = list(contents)
        # One search in all of it takes a fraction of the time of thousands of small ones.
        if not self.canaries.found_in(b"\n".join(content for _, content in given)):
            return []
        return sorted(
            f"{where}: {one.kind} {one.text!r}, planted in {one.place}"
            for where, content in given
            for one in self.canaries.found_in(content)
        )


def _printed() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogatepass", write_through=True)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation into which canaries came by every way, with its console looked at."""
    made = Installation(tmp_path_factory.mktemp("canaries"))
    environment = {
        "DATA": str(made.folder / "data"), "EMBEDDING__MODEL": "hashing", "PULL__ZENDESK__TOKEN": SECRET, "PULL__JIRA__TOKEN": SECRET,
        "PULL__ZENDESK__REQUESTS": "1000", "MINING__EPOCH": "PT1H",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        patch.setenv("NO_COLOR", "1")
        # Hundreds of command lines are parsed: the parser is built once for all of them, which takes longer than parsing.
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        patch.setattr(sys, "argv", list(sys.argv))
        for name, value in environment.items():
            patch.setenv(f"GROUNDSWELL_{name}", value)
        configure_logging(made.log)
        _ingest(made)
        _pull(made)
        _receive(made)
        _plan_and_decide(made)
        _visit(made)
        for listing in LISTINGS:
            made.run(*listing.split())
        yield made


def _ingest(made: Installation) -> None:
    codes = [made.run("ingest", *words) for words in write_files(made.folder / "in", made.canaries)]
    assert codes.count(0) > 20


def _pull(made: Installation) -> None:
    for system, desk in (("zendesk", zendesk_desk(made.canaries)), ("jira", jira_desk(made.canaries))):
        with (
            stamina.set_testing(True, attempts=2),
            running(HelpdeskServer(desk.answer, SECRET)) as server,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv(f"GROUNDSWELL_PULL__{system.upper()}__URL", server.url)
            for fault in faults(made.canaries):
                server.faults.extend([fault, fault])
                assert made.run("pull", system) == 1
                server.faults.clear()
            assert made.run("pull", system) == 0


def _receive(made: Installation) -> None:
    receive = {f"{name}_secret": SECRET for name in ("zendesk", "jira", "github", "shared")}
    settings = Settings(receive=receive)
    connectors = {WebhookSystem.ZENDESK: Zendesk(), WebhookSystem.JIRA: Jira()}
    parts = Given(settings, lambda: NOW, Metrics(), Stalls(), HashingEmbedder, connectors)
    engine = open_database(made.url)
    accepted = 0
    with inbox_receiver(parts, engine, lambda: None) as app:
        client = AppClient(app)
        for number, one in enumerate(deliveries(made.canaries)):
            answer = client.post(one.path, content=one.body, headers=one.headers)
            accepted += answer.status_code == 202
            made.shown[f"the answer to delivery {number}, {one.path[:10]}"] = _answer(answer)
    assert accepted > 100
    made.shown |= {f"the inbox: {name}": content for name, content in files_below(made.folder / "data")}
    drain = InboxDrain(
        engine, lambda: Processor(HashingEmbedder(), b"k" * 32, lambda: NOW), epoch=settings.mining.epoch, batch=500,
        follower=IntakeTelemetry(parts.metrics, parts.stalls),
    )  # fmt: skip
    while drain.move():
        pass
    engine.dispose()
    made.shown["the metrics"] = generate_latest(parts.metrics.registry)


def _plan_and_decide(made: Installation) -> None:
    for name, content in launch_files(made.canaries):
        (made.folder / name).write_text(content, encoding="utf-8")
        made.run("launches", "import", str(made.folder / name))
    made.run("themes", "decisions", "--load", str(made.folder / "decisions.json"))
    root = typer.main.get_command(commands)
    for path, command in _leaves(root):
        for words in _calls(path, command, made.canaries):
            made.run(*path, *words)


def _leaves(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _leaves(command, (*path, name))
        else:
            yield (*path, name), command


def _calls(path: tuple[str, ...], command: object, canaries: Canaries) -> Iterator[list[str]]:
    """Yield calls of a command with a canary as each of its arguments and options, and as what it does not take."""
    where = " ".join(path)
    yield [f"--{canaries.card(f'{where}: an unknown option')}"]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    yield [*("1" for _ in arguments), *(canaries.plant(f"{where}: one argument too many") for _ in range(9))]
    if path[0] in SERVERS:
        return
    for one in arguments:
        yield [canaries.plant(f"{where} {one.name.upper()}:") if one is other else "1" for other in arguments]
    for one in command.params:
        if one.param_type_name == "option" and not one.is_flag and one.name not in ("database", "folder", "help"):
            yield [*("1" for _ in arguments), one.opts[0], canaries.plant(f"{where} {one.opts[0]}:")]


def _visit(made: Installation) -> None:
    engine = open_database(made.url)
    settings = Settings()
    client = Client(
        create_app(engine, clock=lambda: NOW, settings=settings.console, mining=settings.mining, parts=console_parts())
    )
    for number, (path, fields) in enumerate(forms(made.canaries)):
        made.shown[f"the answer to form {number}, {path}"] = _answer(client.post(path, data=fields))
    for number, address in enumerate(addresses(made.canaries)):
        made.shown[f"the page of address {number}, {address[:20]}"] = _answer(client.get(address))
    todo = [
        "/",
        *(f"/api/{name}" for name in ("themes", "spikes", "alerts", "launches", "changes", "demand", "openapi.json")),
    ]
    seen = set(todo)
    while todo and len(seen) < 60:
        page = client.get(todo.pop())
        made.shown[f"the page {page.url.path}?{page.url.query.decode()}"] = _answer(page)
        fresh = links(page.text) - seen if page.headers["content-type"].startswith("text/html") else set()
        seen |= fresh
        todo += sorted(fresh)
    engine.dispose()


def _answer(answer: object) -> bytes:
    return f"{answer.headers}\n".encode() + answer.content


def test_a_thousand_canaries_were_planted(installation):
    """The search below means something: there are more than a thousand, and the tickets that they were planted in are stored."""
    assert len(installation.canaries) > 1_000
    assert {one.partition(":")[0] for one in installation.shown} >= {"the metrics"}
    assert b"[CARD]" in b"".join(content for name, content in files_below(installation.folder / "data"))


def test_no_canary_is_stored(installation):
    """Neither database (rows, free pages, write-ahead log) nor digests, outbox copies or any other file contains one."""
    assert "\n".join(installation.found(files_below(installation.folder / "data"))) == ""


def test_no_canary_is_shown(installation):
    """No output of a command, error message, answer, page, metric or log line contains one."""
    installation.shown["the log"] = installation.log.getvalue().encode()
    assert "\n".join(installation.found(iter(installation.shown.items()))) == ""
