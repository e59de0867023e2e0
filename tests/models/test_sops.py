"""Procedures: decision trees that can be followed, safe HTML, and files with front matter."""

from datetime import date
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sops.difference import difference
from models.sops.document import read_document
from models.sops.invalid import ProcedureInvalid
from models.sops.markdown import markdown_html
from models.sops.procedure import Procedure, checked, checked_slug, review_day
from models.sops.steps import shown_steps, steps_html, steps_of, steps_text
from models.sops.tree import TreeInvalid, read_tree

TREE = """\
start: sent
nodes:
  sent:   # looked up in the ledger
    ask: Was the refund sent?
    answers:
      yes: wait
      no: send
  send: {do: Send it., next: informed}
  wait: {outcome: Ask for <patience>.}
  informed: {outcome: Tell the buyer.}
"""

FILE = f"""\
---
title: Refund missing
owner: payments
review: 2027-01-31
themes: [3, 7]
known_issues: 4
tree:
{"".join(f"  {line}" for line in TREE.splitlines(keepends=True))}---
# Refund missing
Look it up **first**.
"""


def test_a_tree_is_numbered_steps() -> None:
    """Steps are numbered in the order in which they are met; `yes` and `no` are answers and no truth values."""
    assert steps_text(read_tree(TREE)) == (
        "1. Was the refund sent?\n   - yes: go to step 2\n   - no: go to step 3\n2. Outcome: Ask for <patience>.\n"
        "3. Send it. Then go to step 4.\n4. Outcome: Tell the buyer."
    )


def test_steps_in_html_are_escaped_and_linked() -> None:
    """Texts are escaped, and each answer leads to the step that it names."""
    html = steps_html(read_tree(TREE), "s")
    assert "&lt;patience&gt;" in html
    assert "<patience>" not in html
    assert '<li>yes: go to <a href="#s-2">step 2</a></li>' in html
    assert '<li id="s-2" class="outcome">' in html


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start: a\nnodes: {a: {do: x, next: b}, b: {do: x, next: a}}", "node “b” leads back to “a”"),
        ("start: a\nnodes: {a: {do: x, next: a}}", "node “a” leads back to “a”"),
        ("start: a\nnodes: {a: {outcome: x}, b: {outcome: y}}", "node “b” cannot be reached from “a”"),
        ("start: a\nnodes: {a: {outcome: x}, b: {do: y, next: c}, c: {do: y, next: b}}", "node “c” leads back to “b”"),
        ("start: a\nnodes: {a: {do: x, next: q}}", "node “a” leads to “q”, which is missing"),
        ("start: q\nnodes: {a: {outcome: x}}", "`start` names node “q”, which is missing"),
        ("nodes: {a: {outcome: x}}", "`start` of the decision tree is missing"),
        ("start: a", "`nodes` of the decision tree is no mapping"),
        ("start: a\nnodes: {a: {do: x}}", "node “a” ends without an outcome"),
        ("start: a\nnodes: {a: {ask: x}}", "node “a” ends without an outcome"),
        ("start: a\nnodes: {a: {ask: x, answers: {}}}", "node “a” ends without an outcome"),
        ("start: a\nnodes: {a: {ask: x, do: y}}", "node “a” has ask and do"),
        ("start: a\nnodes: {a: {}}", "node “a” has none of them"),
        ("start: a\nnodes: {a: {outcome: x, next: a}}", "node “a” has “next”; valid are outcome"),
        ("start: a\nnodes: {a: {outcome: [x]}}", "`outcome` of node “a” is no text"),
        ("start: a\nnodes: {a: {outcome: ''}}", "`outcome` of node “a” has 0 characters"),
        ("start: a\nnodes: {a: {outcome: x}, a: {outcome: y}}", "has “a” twice"),
        ("start: a\nnodes: {a: {outcome: x}}\nroot: b", "the decision tree has “root”"),
        ("start: a\n  nodes: [", "cannot be read as YAML in line 2"),
        ("[" * 2_000, "cannot be read as YAML"),
        ("", "the decision tree is no mapping"),
        ("a" * 8_001, "valid are up to 8,000"),
        ("start: a\nnodes:\n" + "".join(f"  n{at}: {{outcome: x}}\n" for at in range(201)), "201 nodes"),
    ],
)
def test_a_tree_that_cannot_be_followed_is_refused(text: str, says: str) -> None:
    """The sentence names the node and what is wrong with it."""
    with pytest.raises(TreeInvalid) as refused:
        read_tree(text)
    assert says in str(refused.value)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, dict[str, object]], list[set[int]]]:
    """Draw nodes that lead to any nodes: nodes as YAML holds them, and the targets of each."""
    size = draw(st.integers(1, 8))
    targets = [draw(st.lists(st.integers(0, size - 1), max_size=3, unique=True)) for _ in range(size)]
    nodes: dict[str, dict[str, object]] = {}
    for at, to in enumerate(targets):
        nodes[f"n{at}"] = {"ask": "q", "answers": {f"a{one}": f"n{one}" for one in to}} if to else {"outcome": "o"}
    return nodes, [set(to) for to in targets]


@given(graphs())
def test_exactly_the_acyclic_graphs_that_are_reached_whole_are_trees(
    drawn: tuple[dict[str, dict[str, object]], list[set[int]]],
) -> None:
    """A graph is taken if and only if it has no cycle and the start reaches every node, as its transitive closure says."""
    nodes, targets = drawn
    reach = [set(to) for to in targets]
    for _ in targets:
        reach = [to | {far for one in to for far in reach[one]} for to in reach]
    fine = all(at not in to for at, to in enumerate(reach)) and reach[0] | {0} == set(range(len(targets)))
    text = yaml.safe_dump({"start": "n0", "nodes": nodes})
    if not fine:
        with pytest.raises(TreeInvalid):
            read_tree(text)
        return
    tree = read_tree(text)
    steps = steps_of(tree)
    assert [one.number for one in steps] == list(range(1, len(nodes) + 1))
    names = [one.name for one in tree.in_order()]
    for step, name in zip(steps, names, strict=True):
        assert {names[number - 1] for _, number in step.answers} == {f"n{one}" for one in targets[int(name[1:])]}


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


DANGERS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "![p](https://a.example/p.png)",
           "[a](data:text/html,x)", "[a](//a.example)", "<a href='javascript:x'>", "[x]: javascript:alert(1)\n\n[x]",
           "&#60;script&#62;", "<javascript:alert(1)>", "[a](JaVaScRiPt:x)",
           "[a](  java\nscript:x)", "# T", "| a |\n|---|\n| b |", "`<b>`"]  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.one_of(st.sampled_from(DANGERS), st.text(max_size=20)), max_size=6))
def test_markdown_runs_nothing_and_loads_nothing(parts: list[str]) -> None:
    """Whatever is written, it has no scripts, frames, images or handlers; links lead to web and mail addresses."""
    found = _Tags(markdown_html("\n".join(parts)))
    assert not found.tags & {"script", "img", "iframe", "object", "style", "form", "input", "svg", "link", "meta"}
    for name, value in found.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert (value or "").casefold().startswith(("https://", "http://", "mailto:", "/", "#"))
            assert not (value or "").startswith("//")


def test_headings_fit_below_those_of_the_page() -> None:
    """The highest heading becomes h3, and the others keep their distance to it."""
    assert markdown_html("# A\n## B") == "<h3>A</h3>\n<h4>B</h4>\n"


def test_a_file_is_read() -> None:
    """Front matter gives title, owner, review, scope and tree, with the comments of the tree; what follows is the body."""
    found = read_document(FILE, "refund-missing")
    assert found.slug == "refund-missing"
    assert (found.themes, found.known_issues) == ((3, 7), (4,))
    assert found.procedure == Procedure(
        title="Refund missing", owner="payments", review_on=date(2027, 1, 31), tree=TREE,
        body="# Refund missing\nLook it up **first**.",
    )  # fmt: skip
    assert read_document(FILE.replace("title:", "slug: other\ntitle:"), "x").slug == "other"
    assert read_document(FILE.replace("\n", "\r\n"), "refund-missing") == found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("---\ntitle", "title"), "no front matter"),
        (("owner: payments", "boss: payments"), "“boss”; valid are slug"),
        (("owner: payments", "title: payments"), "“title” twice"),
        (("owner: payments\n", ""), "owner of 0 characters"),
        (("2027-01-31", "soon"), "review date that is none"),
        (("[3, 7]", "[3, x]"), "`themes` of the front matter has something that is no number"),
        (("[3, 7]", "[3, -1]"), "number outside 1 to"),
        (("[3, 7]", "[3, [1]]"), "no number"),
        (("title: Refund missing", "title: [a]"), "`title` of the front matter is no text"),
        (("title: Refund", "title: 'Refund"), "cannot be read as YAML"),
        (("no: send", "no: sendd"), "node “sent” leads to “sendd”"),
        (("# Refund missing\nLook it up **first**.\n", ""), "body of 0 characters"),
        (("Look", "Lo\x1bok"), "body with control characters"),
    ],
)
def test_a_file_that_is_none_is_refused(change: tuple[str, str], says: str) -> None:
    """The sentence says what is wrong."""
    with pytest.raises(ProcedureInvalid) as refused:
        read_document(FILE.replace(*change, 1), "refund-missing")
    assert says in str(refused.value)


@pytest.mark.parametrize("slug", ["", "A", "a--b", "-a", "a b", "a/b", "ä", "a" * 81, "new"])
def test_slugs_suit_addresses(slug: str) -> None:
    """A slug has lower-case letters, digits and single hyphens."""
    with pytest.raises(ProcedureInvalid):
        checked_slug(slug)
    assert checked_slug("refund-missing-2") == "refund-missing-2"


@pytest.mark.parametrize("slug", ["4111111111111111", "refund-4111-1111-1111-1111", "card-4111111111111111-lost"])
def test_a_slug_is_no_secret(slug: str) -> None:
    """A card number is refused as a name, which is stored as it is, and the message does not repeat it."""
    with pytest.raises(ProcedureInvalid, match="card number") as refused:
        checked_slug(slug)
    assert "1111" not in str(refused.value)


def test_the_content_is_what_agents_follow() -> None:
    """Owner and review date are no content: a review that changes nothing leaves the hash as it is."""
    one = Procedure(title="T", body="B", owner="o")
    assert one.content_hash == Procedure(title="T", body="B", owner="p", review_on=date(2027, 1, 1)).content_hash
    assert one.content_hash != Procedure(title="T", body="C", owner="o").content_hash
    assert one.content_hash != Procedure(title="TB", body="", owner="o").content_hash


def test_a_review_is_overdue_from_its_day_on() -> None:
    """The review date is the first day on which it is overdue; without one it never is."""
    one = Procedure(title="T", body="B", owner="o", review_on=review_day("2027-01-31"))
    assert [one.overdue(date(2027, 1, 30)), one.overdue(date(2027, 1, 31))] == [False, True]
    assert not Procedure(title="T", body="B", owner="o", review_on=review_day(" ")).overdue(date(9000, 1, 1))


def test_differences_name_lines() -> None:
    """Two versions differ by lines of what they say; equal ones do not."""
    one = checked(Procedure(title="T", body="B\nC", owner="o", tree=TREE))
    assert difference(one, one, "1", "2") == []
    lines = difference(one, Procedure(title="T", body="B\nD", owner="p", tree=TREE), "version 1", "version 2")
    assert {"-C", "+D", "-owner: o", "+owner: p", "--- version 1", "+++ version 2"} <= set(lines)


def test_a_stored_tree_that_cannot_be_read_stays_yaml() -> None:
    """A later redaction may make a stored tree unreadable: it is shown as it is written."""
    assert shown_steps(Procedure(title="T", body="B", owner="o", tree="start: [CARD]\n")) == "start: [CARD]\n"
    assert shown_steps(Procedure(title="T", body="B", owner="o")) == ""
