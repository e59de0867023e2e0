"""SVG elements as text. Colours are variables of the site's theme, so that a diagram follows its light and dark form."""

from __future__ import annotations

from html import escape

INK = "var(--color-foreground-primary)"
FAINT = "var(--color-foreground-muted)"
LINE = "var(--color-foreground-border)"
PAPER = "var(--color-background-secondary)"
ACCENT = "var(--color-brand-primary)"

FONT = "font-family:var(--font-stack)"
MONO = "font-family:var(--font-stack--monospace)"


def element(name: str, content: str = "", **attributes: object) -> str:
    """Write an element; `_` in an attribute's name stands for `-`, and a `_` at its end is dropped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>"


def text(
    x: float, y: float, words: str, *, size: float = 12, fill: str = INK, anchor: str = "start", style: str = FONT
) -> str:
    """Write a line of text whose baseline is at `y`."""
    return element(
        "text", escape(words), x=f"{x:g}", y=f"{y:g}", font_size=size, fill=fill, text_anchor=anchor, style=style
    )


def box(x: float, y: float, width: float, height: float, *, fill: str = PAPER, stroke: str = LINE) -> str:
    """Draw a rectangle with round corners."""
    return element(
        "rect", x=f"{x:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}", rx=4, fill=fill, stroke=stroke
    )


def path(points: str, *, stroke: str = FAINT, dashed: bool = False, marker: str = "") -> str:
    """Draw a path; `marker` is the id of the arrow head at its end."""
    more = {"stroke_dasharray": "4 3"} if dashed else {}
    if marker:
        more["marker_end"] = f"url(#{marker})"
    return element("path", d=points, fill="none", stroke=stroke, **more)


def arrow_head(name: str, *, fill: str = FAINT) -> str:
    """Define an arrow head that paths may name as their marker."""
    head = element("path", d="M0 0L8 4L0 8z", fill=fill)
    marker = element("marker", head, id=name, markerWidth=8, markerHeight=8, refX=7, refY=4, orient="auto")
    return element("defs", marker)


def drawing(width: float, height: float, title: str, *parts: str) -> str:
    """Put the parts together; `title` is what a screen reader says."""
    return element(
        "svg",
        element("title", escape(title)) + "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=title,
        class_="gs-diagram",
        style=f"min-width:{min(width, 720):g}px",
    )
