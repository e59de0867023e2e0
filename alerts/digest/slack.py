"""A digest as Slack blocks: what a ticket says is plain text in them, whatever it contains.

Limits (Slack, Block Kit reference; the total was measured, slackapi/bolt-js issue 2509): 50 blocks, 150 characters in a header, and
about 13,200 characters in all blocks together, although each is legal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from alerts.digest.escape import excerpt

MOST_BLOCKS = 50
MOST_CHARACTERS = 12_000
"""Of all texts and addresses in all blocks together: below what Slack refuses."""

LONGEST_HEADER = 150
LONGEST_LINE = 600
LONGEST_QUOTE = 200

DigestBlock: TypeAlias = dict[str, Any]


def render_slack(
    facts: Mapping[str, Any],
    quotes: Mapping[str, tuple[str, str]] | None = None,
    *,
    console: str | None = None,
    narration: str | None = None,
) -> dict[str, Any]:
    """Return the message of a digest: `text` for notifications, and `blocks`.

    `quotes` are title and body by ticket id, read when the message is sent, so that an erased ticket is not quoted. Items that do not
    fit are counted in the last block.
    """
    header = f"{facts['audience']}: {facts['title']}"
    blocks = [_header(header), *_summary(facts, narration)]
    tail = [*_tail(facts, console)]
    blocks += _items(facts["items"], quotes or {}, console, blocks, tail)
    return {"text": _cut(f"{header}. {facts['summary'][0]}", 3000), "blocks": blocks + tail}


def size_of(blocks: Iterable[DigestBlock]) -> int:
    """Count the characters of all texts and addresses in blocks."""
    return sum(_size(block) for block in blocks)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_size(one) for name, one in value.items() if name not in ("type", "style", "emoji"))
    return sum(_size(one) for one in value) if isinstance(value, list) else 0


def _items(
    items: list[Mapping[str, Any]],
    quotes: Mapping[str, tuple[str, str]],
    console: str | None,
    before: list[DigestBlock],
    after: list[DigestBlock],
) -> list[DigestBlock]:
    room = MOST_CHARACTERS - size_of(before) - size_of(after) - LONGEST_LINE
    free = MOST_BLOCKS - len(before) - len(after) - 1
    found: list[DigestBlock] = []
    for number, item in enumerate(items, start=1):
        made = list(_item(number, item, quotes, console))
        if size_of(found) + size_of(made) > room or len(found) + len(made) > free:
            left = len(items) - number + 1
            return [*found, _rich(_line(_plain(f"{left} more in the digest's page.")))]
        found += made
    return found


def _header(text: str) -> DigestBlock:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(text, LONGEST_HEADER), "emoji": False}}


def _summary(facts: Mapping[str, Any], narration: str | None) -> Iterator[DigestBlock]:
    if narration:
        yield _rich(_line(_plain(_cut(narration, 2000))))
    yield _rich(_list([_line(_plain(_cut(line, LONGEST_LINE))) for line in facts["summary"]]))


def _item(
    number: int, item: Mapping[str, Any], quotes: Mapping[str, tuple[str, str]], console: str | None
) -> Iterator[DigestBlock]:
    yield {"type": "divider"}
    name = _cut(f"{number}. {item['name']}", 200)
    title = (
        _link(f"{console.rstrip('/')}/themes/{item['theme_id']}", name) if console and item["theme_id"] else _bold(name)
    )
    labels = f"  {', '.join(item['labels'])}" if item["labels"] else ""
    people = f" · {item['reach']}" if item["reach"] else ""
    facts = [_line(_bold(f"{heading}: "), _plain(_cut(text, LONGEST_LINE))) for heading, text in _said(item)]
    quoted = [
        {
            "type": "rich_text_quote",
            "elements": [_plain(f"{excerpt(*quotes[one], longest=LONGEST_QUOTE)} ({_cut(one, 80)})")],
        }
        for one in item["evidence"][:2]
        if one in quotes
    ]
    much = _line(_plain("\n"), _bold(item["how_much"]), _plain(f"{people}\n"))
    yield _rich(_line(title, _plain(labels)), much, _list(facts), *quoted)


def _said(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the lines of an item without those of its single spikes, for which a message has no room."""
    for heading, text in item["about"]:
        if not heading.startswith("Spike ") and heading != "More":
            yield heading, text


def _tail(facts: Mapping[str, Any], console: str | None) -> Iterator[DigestBlock]:
    lines = []
    for launch in facts["launches"][:5]:
        said = ". ".join([launch["verdict"], *(launch["closing"] or ())])
        lines.append(_line(_bold(f"{launch['title'][:200]}: "), _plain(_cut(said, LONGEST_LINE))))
    lines += [_line(_bold(f"{heading}: "), _plain(_cut(text, LONGEST_LINE))) for heading, text in facts["lines"]]
    if lines:
        yield {"type": "divider"}
        yield _rich(_list(lines))
    if console:
        yield _rich(_line(_link(f"{console.rstrip('/')}/", "All themes in the console")))


def _rich(*elements: DigestBlock) -> DigestBlock:
    return {"type": "rich_text", "elements": list(elements)}


def _line(*elements: DigestBlock) -> DigestBlock:
    return {"type": "rich_text_section", "elements": [one for one in elements if one.get("text") != ""]}


def _list(lines: list[DigestBlock]) -> DigestBlock:
    return {"type": "rich_text_list", "style": "bullet", "elements": lines}


def _plain(text: str) -> DigestBlock:
    return {"type": "text", "text": text}


def _bold(text: str) -> DigestBlock:
    return {"type": "text", "text": text, "style": {"bold": True}}


def _link(url: str, text: str) -> DigestBlock:
    return {"type": "link", "url": url, "text": text, "style": {"bold": True}}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
