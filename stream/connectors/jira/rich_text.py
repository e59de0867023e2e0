"""Jira's rich text as plain text: the Atlassian Document Format (ADF), and the wiki markup of servers and older interfaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from stream.connectors.values import mapping, objects, text

DEEPEST = 60
"""Levels of a document that are read; editors nest fewer than ten."""

_MARKUP = (
    (re.compile(r"\{(?:code|noformat|quote|panel|color|anchor|adf)(?::[^{}\n]*)?\}"), ""),
    (re.compile(r"!([^!\s|]+\.\w{2,5})(?:\|[^!\n]*)?!"), ""),
    (re.compile(r"\[~(?:accountid:)?[^\]\n]*\]"), "@"),
    (re.compile(r"\[([^\]|\n]+)\|[^\]\n]+\]"), r"\1"),
    (re.compile(r"^h[1-6]\. +", re.MULTILINE), ""),
    (re.compile(r"^[*#-]+ +", re.MULTILINE), "- "),
    (re.compile(r"^bq\. +", re.MULTILINE), ""),
    (re.compile(r"(?<!\w)([*_])(?=\S)([^\n*_]+?)(?<=\S)\1(?!\w)"), r"\2"),
)
"""Wiki markup with what is left of it: macros and images go, links and emphasis keep their words."""


def plain_text(value: object) -> str:
    """Return a body as plain text, be it a string with wiki markup or an ADF document; an empty string for anything else."""
    if isinstance(value, Mapping):
        found = _block(value, DEEPEST)
    else:
        found = text(value)
        for pattern, left in _MARKUP:
            found = pattern.sub(left, found)
    lines = (line.rstrip() for line in found.replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _block(node: Mapping[str, Any], levels: int) -> str:
    if levels == 0:
        return ""
    kind = text(node.get("type"))
    if kind in INLINE:
        return _inline(kind, node)
    children = [_block(child, levels - 1) for child in objects(node.get("content"))]
    if kind in ("paragraph", "heading", "codeBlock", "caption"):
        return "".join(children) + "\n"
    if kind in ("bulletList", "orderedList", "taskList", "decisionList"):
        return "".join(_items(kind, children))
    if kind == "tableRow":
        return " | ".join(child.strip().replace("\n", " ") for child in children) + "\n"
    title = text(mapping(node.get("attrs")).get("title")) if kind in ("expand", "nestedExpand") else ""
    last = "\n" if kind in ("blockquote", "panel", "table", "rule", "expand", "mediaSingle") else ""
    return f"{title}\n{''.join(children)}{last}" if title else "".join(children) + last


def _items(kind: str, children: list[str]) -> Iterator[str]:
    for number, child in enumerate(children, 1):
        sign = f"{number}." if kind == "orderedList" else "-"
        # A list in an item is set off by two spaces, as people write it.
        yield f"{sign} {child.strip().replace(chr(10), chr(10) + '  ')}\n"


INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "blockCard", "embedCard", "placeholder"}
)


def _inline(kind: str, node: Mapping[str, Any]) -> str:
    attributes = mapping(node.get("attrs"))
    if kind == "text":
        return text(node.get("text"))
    if kind == "hardBreak":
        return "\n"
    if kind == "date":
        return _date(attributes.get("timestamp"))
    if kind.endswith("Card"):
        return text(attributes.get("url"))
    return text(attributes.get("text")) or text(attributes.get("shortName"))


def _date(timestamp: object) -> str:
    digits = text(timestamp)
    try:
        return f"{datetime.fromtimestamp(int(digits) / 1000, UTC):%Y-%m-%d}"
    except (ArithmeticError, OSError, ValueError):
        return ""
