"""Procedures as files: Markdown with front matter in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.sops.invalid import ProcedureInvalid
from models.sops.procedure import Procedure, checked, checked_slug, review_day

_FIELDS = ("slug", "title", "owner", "review", "themes", "known_issues", "tree")
LONGEST_DOCUMENT = 40_000
"""Characters of a file."""


@dataclass(frozen=True, slots=True)
class ProcedureDocument:
    """A procedure that was read from a file, with the numbers of the themes and known issues that it is for."""

    slug: str
    procedure: Procedure
    themes: tuple[int, ...] = ()
    known_issues: tuple[int, ...] = ()


def read_document(text: str, name: str) -> ProcedureDocument:
    """Read a file: front matter between two lines of `---`, then the body in Markdown.

    The front matter has `title` and `owner`, and may have `slug` (default: `name`, that of the file), `review` (a day), `themes`,
    `known_issues` (lists of numbers) and `tree` (a decision tree, see `read_tree`, as nested YAML).

    Raises
    ------
    ProcedureInvalid
        The front matter is missing or cannot be read, or what it says is not valid.
    """
    front, body = _parts(text)
    given = _fields(front)
    procedure = Procedure(
        title=_text(given, "title"),
        owner=_text(given, "owner"),
        review_on=review_day(_text(given, "review")),
        body=body,
        tree=_tree(front, given),
    )
    slug = checked_slug(_text(given, "slug") or name)
    return ProcedureDocument(slug, checked(procedure), _numbers(given, "themes"), _numbers(given, "known_issues"))


def _parts(text: str) -> tuple[str, str]:
    if len(text) > LONGEST_DOCUMENT:
        raise ProcedureInvalid(f"received a file of {len(text):,} characters; valid are up to {LONGEST_DOCUMENT:,}")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    ends = [at for at, line in enumerate(lines) if line.rstrip() == "---"]
    if len(ends) < 2 or ends[0] != 0:
        raise ProcedureInvalid(
            "the file has no front matter; begin it with a line of ---, `title:`, `owner:`, and another line of ---"
        )
    return "\n".join(lines[1 : ends[1]]), "\n".join(lines[ends[1] + 1 :])


def _fields(front: str) -> Mapping[str, Any]:
    """Return the nodes of the front matter by name, not constructed: all scalars stay text."""
    import yaml

    try:
        top = yaml.compose(front, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 2}"
        raise ProcedureInvalid(
            f"the front matter cannot be read as YAML{where}: correct its indentation and quotes"
        ) from error
    if not isinstance(top, yaml.MappingNode):
        raise ProcedureInvalid("the front matter is no mapping; write it as lines of `name: value`")
    found: dict[str, Any] = {}
    for key, value in top.value:
        if key.value not in _FIELDS or key.value in found:
            wrong = "twice" if key.value in found else f"; valid are {', '.join(_FIELDS)}"
            raise ProcedureInvalid(f"the front matter has “{str(key.value)[:60]}” {wrong}".replace(" ;", ";"))
        found[key.value] = value
    return found


def _text(given: Mapping[str, Any], name: str) -> str:
    import yaml

    node = given.get(name)
    if node is None:
        return ""
    if not isinstance(node, yaml.ScalarNode):
        raise ProcedureInvalid(
            f"`{name}` of the front matter is no text; put a text that begins with [ or {{ into quotes"
        )
    return str(node.value)


def _tree(front: str, given: Mapping[str, Any]) -> str:
    """Return the lines of the tree as they are written, without their indentation: comments and quotes are kept."""
    import textwrap

    import yaml

    node = given.get("tree")
    if node is None:
        return ""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    text = front[node.start_mark.index : node.end_mark.index]
    return textwrap.dedent(" " * node.start_mark.column + text).strip() + "\n"


def _numbers(given: Mapping[str, Any], name: str) -> tuple[int, ...]:
    import yaml

    node = given.get(name)
    if node is None:
        return ()
    try:
        values = [int(one.value) for one in node.value] if isinstance(node, yaml.SequenceNode) else [int(node.value)]
    except (TypeError, ValueError) as error:
        raise ProcedureInvalid(
            f"`{name}` of the front matter has something that is no number; valid is a list such as [3, 7]"
        ) from error
    if any(not 0 < one < 2**31 for one in values):
        raise ProcedureInvalid(f"`{name}` of the front matter has a number outside 1 to 2,147,483,647")
    return tuple(dict.fromkeys(values))
