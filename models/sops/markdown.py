"""Markdown of procedures as safe HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SCHEMES = ("https://", "http://", "mailto:", "/", "#")


def markdown_html(text: str, *, top: int = 3) -> str:
    """Render Markdown (CommonMark, with tables) as HTML.

    HTML in the text is shown as text, images are links to them, and links lead to http, https and mail addresses and to paths of the
    same site alone. The highest heading becomes `top` (1 to 6), so that the text fits below a heading of a page.
    """
    reader = _reader()
    tokens = reader.parse(text)
    shift = top - min((int(one.tag[1]) for one in tokens if one.type == "heading_open"), default=top)
    for one in tokens:
        if one.type in ("heading_open", "heading_close"):
            one.tag = f"h{min(6, int(one.tag[1]) + shift)}"
    return str(reader.renderer.render(tokens, reader.options, {}))


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Pictures of another host would tell it who reads the procedure.
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    reader.validateLink = _is_safe  # type: ignore[method-assign,assignment]
    return reader


def _is_safe(address: str) -> bool:
    lower = address.strip().casefold()
    return lower.startswith(_SCHEMES) and not lower.startswith("//")
