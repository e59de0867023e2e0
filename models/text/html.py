"""HTML as the plain text that its reader sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from models.text.markup import names, parser_source

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

IMAGE = "[image]"
"""Stands for a text that consists of pictures alone."""

RULE = "_" * 32
"""A horizontal line, as Outlook writes it in plain text above the head of a quoted message."""

_DROPPED = names(
    "style script head title meta link template noembed object param svg math canvas audio video iframe map select datalist "
    "input colgroup col rp"
)
_MEDIA = names("img svg object video iframe canvas picture embed")
_PARAGRAPHS = names("p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote")
_BLOCKS = _PARAGRAPHS | names(
    "address article aside body center dd details dialog div dt fieldset figcaption figure footer form header hgroup hr "
    "legend li main menu nav option section summary tr caption tbody thead tfoot dir"
)
_CELLS = frozenset({"td", "th"})

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?:px)?\s*(?:;|\Z)|opacity\s*:\s*0\s*(?:;|\Z)",
    re.IGNORECASE,
)
_INDENT = re.compile(r"border(?:-left)?\s*:\s*(?:none|0|medium none)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_PIXEL = frozenset({"0", "1", "0px", "1px"})

_DEEPEST_QUOTE = 4


def html_text(text: str) -> str:
    """Return the visible text of HTML: blocks and breaks as lines, cells separated by tabs, quotes after `> `.

    Left out are styles, scripts, comments, pictures, form fields and what is hidden, such as preview lines and tracking pixels.
    Where nothing is visible, the hidden text is returned, and `[image]` where there are only pictures.
    """
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(parser_source(text)).root
    if root is None:
        return ""
    writer = _Writer()
    _walk(root, writer)
    if writer.text() or not writer.skipped_hidden:
        return writer.text() or (IMAGE if writer.pictures else "")
    everything = _Writer(with_hidden=True)
    _walk(root, everything)
    return everything.text() or (IMAGE if writer.pictures else "")


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Visit the tree in document order; iterative, so that no depth of nesting exhausts the stack."""
    node, depth = root, 0
    while True:
        child = node.child if writer.enter(node) else None
        if child is not None:
            node, depth = child, depth + 1
            continue
        writer.leave(node)
        while depth and node.next is None:
            parent = node.parent
            if parent is None:
                return
            node, depth = parent, depth - 1
            writer.leave(node)
        if not depth or node.next is None:
            return
        node = node.next


class _Writer:
    """Collects lines from the nodes of a tree."""

    def __init__(self, *, with_hidden: bool = False) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes: list[bool] = []
        self._preformatted = 0
        self._gap = False
        self._with_hidden = with_hidden
        self.skipped_hidden = False
        self.pictures = False

    def enter(self, node: LexborNode) -> bool:
        """Write what a node begins with, and return whether its children are visible."""
        tag = node.tag
        if tag == "-text":
            self._write(node.text_content or "")
            return False
        if not tag or tag[0] in "-!":
            return tag == "-document"
        if tag in _MEDIA:
            self.pictures = self.pictures or not _is_pixel(node)
        if tag in _DROPPED or tag == "img":
            return False
        if not self._with_hidden and _is_hidden(node):
            self.skipped_hidden = True
            return False
        self._begin(node, tag)
        return True

    def leave(self, node: LexborNode) -> None:
        """Write what a node ends with."""
        tag = node.tag
        if tag not in _BLOCKS:
            return
        self._end_line()
        if tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag == "blockquote" and self._quotes:
            self._quotes.pop()
        if tag in _PARAGRAPHS:
            self._gap = True

    def text(self) -> str:
        """Return what was collected, without empty lines at the ends and without more than one between."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _begin(self, node: LexborNode, tag: str) -> None:
        if tag == "br":
            self._end_line(keep_empty=True)
        elif tag in _CELLS:
            if "".join(self._line).strip():
                self._line.append("\t")
        elif tag in _BLOCKS:
            self._end_line()
            self._gap = self._gap or (tag in _PARAGRAPHS and "MsoNormal" not in (node.attributes.get("class") or ""))
            if tag == "li":
                self._line.append("- ")
            elif tag == "hr":
                self._line.append(RULE)
                self._end_line()
            elif tag == "pre":
                self._preformatted += 1
            elif tag == "blockquote":
                self._quotes.append(_is_quote(node))

    def _write(self, text: str) -> None:
        if self._preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for line in others:
                self._end_line(keep_empty=True)
                self._line.append(line)
        elif text:
            self._line.append(_SPACES.sub(" ", text))

    def _end_line(self, *, keep_empty: bool = False) -> None:
        line = "".join(self._line)
        self._line.clear()
        if not self._preformatted:
            line = "\t".join(_SPACES.sub(" ", cell).strip() for cell in line.split("\t") if cell.strip())
        if line.strip() in {"", "-"}:
            self._gap = self._gap or keep_empty
            return
        quote = "> " * min(sum(self._quotes), _DEEPEST_QUOTE)
        if self._gap and self._lines:
            self._lines.append("")
        self._gap = False
        self._lines.append(quote + line.rstrip())


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None


def _is_quote(node: LexborNode) -> bool:
    """Return whether a blockquote quotes: mail programs indent with it too, and then take its border away."""
    attributes = node.attributes
    if attributes.get("type") == "cite" or "quote" in (attributes.get("class") or ""):
        return True
    return not _INDENT.search(attributes.get("style") or "")


def _is_pixel(node: LexborNode) -> bool:
    attributes = node.attributes
    return attributes.get("width") in _PIXEL or attributes.get("height") in _PIXEL
