"""The map as a drawing: circles, labels and outlines of families, in the units of its view box."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from console.format import clipped
from models.formats import counted, figure
from store.board.theme_map import MappedFamily, MappedTheme, ThemeMap

SIZE = 1000
"""Width and height of the drawing."""

MARGIN = 40
LABELS = 26
FAMILIES = 24
"""Families that have an outline, those with the most tickets; outlines of hundreds would cover each other."""

_COVERED = 0.14
"""Share of the drawing that the circles cover at most."""

_SMALLEST, _LARGEST = 2.6, 46.0
_FONT = 15.0
_LETTER = 0.54
"""Width of a letter, in font sizes: that of the average one."""

_WIDEST = 420.0
"""A family that is spread further has no outline: it would enclose much that is not of it."""

_REACHED = 12
"""Circles that the tabulator key reaches: the largest, and those that a search found. The list has all themes."""

_NEAR = 2.5
"""Themes of a family that are further from its middle than so many times the median are outside of its outline."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A theme: `x`, `y` and `r` are rounded for the page; `hit` marks what a search found."""

    theme: MappedTheme
    x: float
    y: float
    r: float
    hit: bool


@dataclass(frozen=True, slots=True)
class MapLabel:
    """A name beside its circle; `key` is the number of the theme, or of the family."""

    key: int
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a family: points as SVG writes them, and its label."""

    family: MappedFamily
    points: str
    label: MapLabel


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """All that is drawn: the largest circles first, so that small ones are on top. `markup` is that of the circles."""

    circles: tuple[Circle, ...]
    markup: Markup
    labels: tuple[MapLabel, ...]
    outlines: tuple[Outline, ...]


def draw_map(shown: ThemeMap, hits: Collection[int]) -> MapDrawing:
    """Lay the drawing out; `hits` are the themes that a search found, and which alone have labels then."""
    circles = _circles(shown.themes, hits)
    boxes = [(one.x - one.r, one.y - one.r, one.x + one.r, one.y + one.r) for one in circles[:LABELS] if one.r > _FONT]
    outlines = _outlines(shown.families, {one.theme.theme.theme_id: one for one in circles}, boxes)
    named = [one for one in circles if one.hit] if hits else circles
    return MapDrawing(circles, _markup(circles), tuple(_labels(named, boxes)), outlines)


def about(one: MappedTheme) -> str:
    """Describe the tickets of a theme: `41 tickets, 12 expected, spike open`."""
    expected = "" if one.expected is None else f", {figure(one.expected)} expected"
    return f"{counted(one.tickets, 'ticket')}{expected}{', spike open' if one.spiking else ''}"


def _markup(circles: Sequence[Circle]) -> Markup:
    """Write the circles: for thousands a template takes ten times as long."""
    return Markup("\n".join(_circle(one, place) for place, one in enumerate(circles)))  # noqa: S704 (the name is escaped)


def _circle(one: Circle, place: int) -> str:
    theme, at = one.theme, f'cx="{one.x}" cy="{one.y}"'
    reached = "" if place < _REACHED or one.hit else ' tabindex="-1"'
    ring = f'<circle class="ring" {at} r="{one.r + 4:.1f}"/>' if theme.spiking else ""
    kind = ("spiking" if theme.spiking else theme.growth.value) + (" hit" if one.hit else "")
    return (
        f'<a href="/themes/{theme.theme.theme_id}"{reached}>{ring}<circle class="{kind}" {at} r="{one.r}">'
        f"<title>{escape(theme.theme.name)}: {about(theme)}</title></circle></a>"
    )


def _circles(themes: Sequence[MappedTheme], hits: Collection[int]) -> tuple[Circle, ...]:
    # The area of a circle says how many tickets; with few themes it is limited, so that no circle hides the others.
    area = sum(one.tickets for one in themes)
    scale = (_COVERED * SIZE * SIZE / np.pi / area) ** 0.5 if area else 0.0
    most = max((one.tickets for one in themes), default=0)
    scale = min(scale, _LARGEST / most**0.5) if most else 0.0
    return tuple(
        Circle(
            one,
            round(_place(one.x), 1),
            round(_place(one.y), 1),
            round(max(_SMALLEST, scale * one.tickets**0.5), 1),
            one.theme.theme_id in hits,
        )
        for one in themes
    )


def _place(coordinate: float) -> float:
    return SIZE / 2 + coordinate * (SIZE / 2 - MARGIN)


def _labels(circles: Sequence[Circle], boxes: list[tuple[float, float, float, float]]) -> list[MapLabel]:
    """Label the first circles whose names cover no other label, below the circle or above it."""
    found: list[MapLabel] = []
    for one in circles:
        if len(found) == LABELS:
            break
        text = clipped(one.theme.theme.name, 34)
        for y in (one.y + one.r + _FONT, one.y - one.r - 5):
            if _free(text, one.x, y, _FONT, boxes):
                found.append(MapLabel(one.theme.theme.theme_id, text, _inside(text, one.x), round(y, 1)))
                break
    return found


def _inside(text: str, x: float) -> float:
    """Move the middle of a label so that all of it is inside the drawing."""
    half = len(text) * _FONT * _LETTER / 2
    return round(min(max(x, half), SIZE - half), 1)


def _free(text: str, x: float, y: float, font: float, boxes: list[tuple[float, float, float, float]]) -> bool:
    """Take the place of a label if it is inside the drawing and covers no other."""
    half, middle = len(text) * font * _LETTER / 2, _inside(text, x)
    box = (middle - half, y - font, middle + half, y + 3)
    if box[1] < 0 or box[3] > SIZE:
        return False
    if any(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in boxes):
        return False
    boxes.append(box)
    return True


def _outlines(
    families: Sequence[MappedFamily], circles: dict[int, Circle], boxes: list[tuple[float, float, float, float]]
) -> tuple[Outline, ...]:
    found = []
    for family in families[:FAMILIES]:
        own = [circles[one.theme.theme_id] for one in family.themes]
        places = _close(np.array([(one.x, one.y) for one in own]))
        if float(np.ptp(places, axis=0).max()) > _WIDEST:
            continue
        hull = _hull(places)
        top = hull[hull[:, 1].argmin()]
        text = clipped(family.name, 30)
        y = max(float(top[1]) - 26, _FONT)
        label = MapLabel(family.family_id, "", 0.0, 0.0)
        # A family that is named after its largest theme needs no label: that theme has one.
        if family.named and _free(text, float(top[0]), y, _FONT, boxes):
            label = MapLabel(family.family_id, text, _inside(text, float(top[0])), round(y, 1))
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in hull)
        found.append(Outline(family, points, label))
    return tuple(found)


def _close(places: np.ndarray) -> np.ndarray:
    """Leave out the places that are far from the middle of the others."""
    apart = np.hypot(*(places - np.median(places, axis=0)).T)
    near = places[apart <= _NEAR * max(float(np.median(apart)), 1.0)]
    return near if len(near) else places


def _hull(places: np.ndarray) -> np.ndarray:
    """Return the convex hull, in order (monotone chain: Andrew 1979)."""
    ordered = np.unique(places, axis=0)
    if len(ordered) < 3:
        return ordered
    half: list[list[tuple[float, float]]] = []
    for side in (ordered, ordered[::-1]):
        chain: list[tuple[float, float]] = []
        for x, y in side.tolist():
            while len(chain) > 1 and _turn(chain[-2], chain[-1], (x, y)) <= 0:
                chain.pop()
            chain.append((x, y))
        half.append(chain[:-1])
    return np.array(half[0] + half[1])


def _turn(one: tuple[float, float], other: tuple[float, float], third: tuple[float, float]) -> float:
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])
