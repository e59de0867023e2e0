"""Escaping: text of tickets is read as words, never as markup, mention or link."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

LONGEST_QUOTE = 280
"""Characters of a quote: enough for the complaint, short enough that five of them are read."""

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"[\\`*\[\]|~$@#]|(?<![^\W_])_|_(?![^\W_])")
_LINK = re.compile(r"(?i)(?<=\w):(?=//)|(?<=\bmailto):|(?<=\bxmpp):|(?<=\bwww)\.")
_LINE_START = re.compile(r"^(\s*\d{1,9})([.)])|^([-+=])")


def plain(text: str) -> str:
    """Reduce a text to one line of visible characters: white space folded, control and direction characters taken out."""
    visible = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _hidden(char))
    return " ".join(visible.split())


def excerpt(title: str, body: str, longest: int = LONGEST_QUOTE) -> str:
    """Quote a ticket in at most `longest` characters: its title, and its body where that adds to it."""
    head, rest = plain(title), plain(body)
    if not head or rest.casefold().startswith(head.casefold().rstrip("…. ")):
        text = rest or head
    else:
        text = f"{head}: {rest}" if rest else head
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


def escape_markdown(text: str) -> str:
    """Escape what CommonMark, GitHub or Slack read as markup, mention, link or HTML.

    It displays as it was written.
    """
    escaped = _MARKUP.sub(lambda found: f"\\{found[0]}", plain(text))
    escaped = _LINK.sub(lambda found: f"\\{found[0]}", escaped)
    escaped = _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", escaped)
    return "".join(_HTML.get(char, char) for char in escaped)


def web_address(url: str | None) -> str | None:
    """Return the URL where a reader may safely follow it (http or https, with a host), else None.

    What could end an attribute or a Markdown link is percent-encoded.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        safe = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return quote(url.strip(), safe="/:?#@!$&'*+,;=%~-._", errors="replace") if safe else None


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")
