"""A decision tree as numbered steps, in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from models.sops.procedure import Procedure
from models.sops.tree import DecisionTree, TreeInvalid


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered step: the question, action or outcome of a node, and the number that each answer leads to.

    number: from 1. kind: ask, do or outcome. answers: pairs of an answer and a number; the answer of a `do` is empty.
    """

    number: int
    kind: str
    text: str
    answers: tuple[tuple[str, int], ...]


def steps_of(tree: DecisionTree) -> list[Step]:
    """Number the nodes of a tree in the order in which they are met, depth first; a node with several paths to it is one step."""
    nodes = tree.in_order()
    numbers = {node.name: at for at, node in enumerate(nodes, start=1)}
    return [
        Step(numbers[node.name], node.kind, node.text, tuple((answer, numbers[to]) for answer, to in node.answers))
        for node in nodes
    ]


def steps_text(tree: DecisionTree) -> str:
    """Write a tree as numbered lines of plain text, such as for a chat or a terminal."""
    return "\n".join(_lines(tree))


def _lines(tree: DecisionTree) -> Iterator[str]:
    for step in steps_of(tree):
        if step.kind == "do":
            yield f"{step.number}. {step.text} Then go to step {step.answers[0][1]}."
            continue
        yield f"{step.number}. {'Outcome: ' if step.kind == 'outcome' else ''}{step.text}"
        yield from (f"   - {answer}: go to step {number}" for answer, number in step.answers)


def shown_steps(procedure: Procedure) -> str:
    """Write the steps of a stored procedure as plain text, "" for none; a tree that redaction has made unreadable stays YAML."""
    try:
        tree = procedure.decision_tree()
    except TreeInvalid:
        return procedure.tree
    return "" if tree is None else steps_text(tree)


def steps_html(tree: DecisionTree, prefix: str = "step") -> str:
    """Write a tree as an ordered list in HTML, all texts escaped; `prefix` begins the ids, which the answers link to."""
    prefix = escape(prefix, quote=True)
    items = []
    for step in steps_of(tree):
        links = [f'<a href="#{prefix}-{number}">step {number}</a>' for _, number in step.answers]
        text = escape(step.text)
        if step.kind == "outcome":
            text = f"<strong>Outcome:</strong> {text}"
        elif step.kind == "do":
            text = f"{text} Then go to {links[0]}."
        else:
            answers = "".join(
                f"<li>{escape(answer)}: go to {link}</li>"
                for (answer, _), link in zip(step.answers, links, strict=True)
            )
            text = f"{text}<ul>{answers}</ul>"
        items.append(f'<li id="{prefix}-{step.number}" class="{step.kind}">{text}</li>')
    return f'<ol class="steps">{"".join(items)}</ol>'
