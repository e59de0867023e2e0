"""Decision trees of procedures: questions with answers, steps and outcomes, read from YAML and validated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.sops.invalid import ProcedureInvalid

LONGEST_TREE = 8_000
"""Characters of the YAML text of a tree."""
MOST_NODES = 200
LONGEST_TEXT = 1_000
"""Characters of a question, an answer, a step or an outcome."""

_KINDS = ("ask", "do", "outcome")


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node of a decision tree: exactly one of a question (`ask`), a step (`do`) and an outcome.

    text: the question, step or outcome. answers: what leads where: the answers of a question with the node that each leads to, in
    their order; of a step one pair with an empty answer; of an outcome none.
    """

    name: str
    kind: str
    text: str
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The nodes that it leads to."""
        return tuple(target for _, target in self.answers)


@dataclass(frozen=True, slots=True)
class DecisionTree:
    """A validated decision tree: every node can be reached from `start`, there is no cycle, and every path ends in an outcome.

    A node may be reached by several paths.
    """

    start: str
    nodes: Mapping[str, TreeNode] = field(hash=False)

    def in_order(self) -> list[TreeNode]:
        """Return the nodes as they are numbered: from the start, each before those that it leads to first, depth first."""
        found: dict[str, TreeNode] = {}
        waiting = [self.start]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.nodes[name]
                waiting += reversed(found[name].targets)
        return list(found.values())


class TreeInvalid(ProcedureInvalid):
    """A decision tree that cannot be followed; the sentence names the node."""


def read_tree(text: str) -> DecisionTree:
    """Read a decision tree from YAML and validate it.

    The text is a mapping with `start`, the name of the first node, and `nodes`, a mapping of names to nodes. A node has `ask` (a
    question) with `answers` (a mapping of answers to names of nodes), or `do` (a step) with `next` (the name of a node), or `outcome`.
    All values are text: `yes` and `no` need no quotes.

    Raises
    ------
    TreeInvalid
        The text is no such mapping, a node is missing, unreachable or on a cycle, or a path ends without an outcome. The sentence
        names the node.
    """
    top = _mapping(_composed(text), "the decision tree")
    _only(top, ("start", "nodes"), "the decision tree")
    start = _text(top.get("start"), "`start` of the decision tree")
    given = _mapping(top.get("nodes"), "`nodes` of the decision tree")
    if len(given) > MOST_NODES:
        raise TreeInvalid(
            f"received a decision tree with {len(given)} nodes; valid are up to {MOST_NODES}: divide the procedure"
        )
    nodes = {name: _node(name, node) for name, node in given.items()}
    if start not in nodes:
        raise TreeInvalid(f"`start` names node {_named(start)}, which is missing: add it to `nodes`")
    tree = DecisionTree(start, nodes)
    _check_targets(tree)
    _check_cycles(tree)
    _check_reached(tree)
    return tree


def _composed(text: str) -> Any:
    import yaml

    if len(text) > LONGEST_TREE:
        raise TreeInvalid(
            f"received a decision tree of {len(text):,} characters; valid are up to {LONGEST_TREE:,}: shorten it"
        )
    try:
        # Composed only, no object is constructed: all scalars stay text, so that `no` is an answer and not false.
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        raise TreeInvalid(
            f"the decision tree cannot be read as YAML{where}: correct its indentation and quotes"
        ) from error


def _mapping(node: Any, what: str) -> dict[str, Any]:
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise TreeInvalid(f"{what} is no mapping; write it as lines of `name: value`")
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = _text(key, f"a name in {what}")
        if name in found:
            raise TreeInvalid(f"{what} has {_named(name)} twice; names are unique: rename one")
        found[name] = value
    return found


def _text(node: Any, what: str) -> str:
    import yaml

    if node is None:
        raise TreeInvalid(f"{what} is missing: add it")
    if not isinstance(node, yaml.ScalarNode):
        raise TreeInvalid(f"{what} is no text; put a text that begins with [ or {{ into quotes")
    text = " ".join(str(node.value).split())
    if not text or len(text) > LONGEST_TEXT:
        raise TreeInvalid(f"{what} has {len(text):,} characters; valid are 1 to {LONGEST_TEXT:,}")
    return text


def _only(given: Mapping[str, Any], names: tuple[str, ...], what: str) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise TreeInvalid(f"{what} has {_named(unknown[0])}; valid are {', '.join(names)}")


def _node(name: str, node: Any) -> TreeNode:
    what = f"node {_named(name)}"
    given = _mapping(node, what)
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1:
        held = " and ".join(kinds) or "none of them"
        raise TreeInvalid(f"{what} has {held}; valid is exactly one of ask, do and outcome")
    kind = kinds[0]
    text = _text(given[kind], f"`{kind}` of {what}")
    if kind == "outcome":
        _only(given, ("outcome",), what)
        return TreeNode(name, kind, text)
    if kind == "do":
        _only(given, ("do", "next"), what)
        if "next" not in given:
            raise TreeInvalid(f"{what} ends without an outcome: give it `next`, or make it an outcome")
        return TreeNode(name, kind, text, (("", _text(given["next"], f"`next` of {what}")),))
    _only(given, ("ask", "answers"), what)
    if "answers" not in given:
        raise TreeInvalid(f"{what} ends without an outcome: give its question `answers`")
    answers = _mapping(given["answers"], f"`answers` of {what}")
    if not answers:
        raise TreeInvalid(f"{what} ends without an outcome: give its question `answers`")
    return TreeNode(
        name,
        kind,
        text,
        tuple((answer, _text(to, f"answer {_named(answer)} of {what}")) for answer, to in answers.items()),
    )


def _check_targets(tree: DecisionTree) -> None:
    for node in tree.nodes.values():
        for target in node.targets:
            if target not in tree.nodes:
                raise TreeInvalid(
                    f"node {_named(node.name)} leads to {_named(target)}, which is missing: add it to `nodes`"
                )


def _check_cycles(tree: DecisionTree) -> None:
    """Refuse a cycle, by depth-first search; the node that is named is the one that leads back."""
    done: set[str] = set()
    for first in tree.nodes:
        path: dict[str, Iterator[str]] = {}
        following: str | None = first
        while following is not None or path:
            if following is not None and following in path:
                last = next(reversed(path))
                raise TreeInvalid(f"node {_named(last)} leads back to {_named(following)}: remove the cycle")
            if following is not None and following not in done:
                path[following] = iter(tree.nodes[following].targets)
            if not path:
                break
            last = next(reversed(path))
            following = next(path[last], None)
            if following is None:
                done.add(last)
                del path[last]


def _check_reached(tree: DecisionTree) -> None:
    reached = {node.name for node in tree.in_order()}
    for name in tree.nodes:
        if name not in reached:
            raise TreeInvalid(
                f"node {_named(name)} cannot be reached from {_named(tree.start)}: lead to it, or remove it"
            )


def _named(name: str) -> str:
    shown = "".join(one if one.isprintable() else "?" for one in name)
    return f"“{shown[:60]}{'…' if len(shown) > 60 else ''}”"
