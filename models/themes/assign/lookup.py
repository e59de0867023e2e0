"""Questions about themes that change nothing: which are similar to a vector, and how similar two of them are."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints, Vectors
from models.themes.assign.state import NEAR_MISS, AssignmentState
from models.themes.assign.vote import CLOSEST_TICKETS
from models.themes.window.centering import centred, unit
from models.themes.window.neighbours import nearest
from models.themes.window.ticket_window import UNTHEMED, TicketWindow


def similar_themes(
    state: AssignmentState, vector: NDArray[np.floating], kept: Collection[int] = ()
) -> list[tuple[int, float]]:
    """Find the themes that a text with this raw vector belongs to, best first: (theme, closeness).

    Closeness is the mean cosine of the theme's three nearest tickets. Themes below the threshold are left out. Where all
    are below it, the nearest theme is returned if it misses the threshold by little, for whoever wrote the text meant some
    theme.

    kept: themes that the text was found to belong to before. They are left out only once they miss the threshold by more than
    a little, so that the answer does not change back and forth while tickets come and go.
    """
    if state.threshold is None:
        return []
    found, nearly = _closeness_of_themes(state, vector), NEAR_MISS * state.threshold
    accepted = [pair for pair in found if pair[1] >= (nearly if pair[0] in kept else state.threshold)]
    return accepted or [pair for pair in found[:1] if pair[1] >= nearly]


def _closeness_of_themes(state: AssignmentState, vector: NDArray[np.floating]) -> list[tuple[int, float]]:
    """Find the closeness of a raw vector to every theme, see `similar_themes`, best first: (theme, closeness)."""
    themes = state.window.themes
    similarities = state.window.vectors @ centred(vector, state.window.centre)
    found = []
    for theme in np.unique(themes[themes != UNTHEMED]).tolist():
        values = nearest(similarities[themes == theme], CLOSEST_TICKETS).similarities
        found.append((theme, sum(values.tolist()) / len(values)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def theme_share(window: TicketWindow, vector: NDArray[np.floating], theme: int, neighbours: int) -> float:
    """Return the share of a theme among the tickets nearest to a raw vector, in [0, 1]; 0 for an empty window."""
    rows = nearest(window.vectors @ centred(vector, window.centre), neighbours).rows
    return float((window.themes[rows] == theme).mean()) if len(rows) else 0.0


def times_and_cosines(window: TicketWindow, vector: NDArray[np.floating], theme: int) -> tuple[Ints, Floats]:
    """Return the times of a theme's tickets in milliseconds since 1970, and their cosines to a raw vector, both of shape (n,)."""
    _, times, cosines = tickets_and_cosines(window, vector, (theme,))
    return times, cosines


def tickets_and_cosines(
    window: TicketWindow, vector: NDArray[np.floating], themes: Collection[int]
) -> tuple[Ints, Ints, Floats]:
    """Return the rows of the tickets of themes, their times (milliseconds since 1970) and cosines to a raw vector.

    Each has shape (n,).
    """
    rows = np.flatnonzero(np.isin(window.themes, sorted(themes)))
    cosines = window.vectors[rows] @ centred(vector, window.centre)
    return rows, window.times[rows], cosines.astype(np.float64)


def centre_similarities(window: TicketWindow, theme: int) -> list[tuple[int, float]]:
    """Find the cosine of the centre of a theme's tickets to that of every other theme, rounded to 6 places: (theme, cosine).

    Empty where the theme has no ticket.
    """
    own = np.flatnonzero(window.themes == theme)
    others = np.unique(window.themes[(window.themes != UNTHEMED) & (window.themes != theme)])
    if theme == UNTHEMED or not len(own) or not len(others):
        return []
    centres = [window.vectors[window.themes == each].mean(axis=0, dtype=np.float64) for each in others]
    cosines = unit(np.stack(centres)) @ unit(window.vectors[own].mean(axis=0, dtype=np.float64))
    return [(int(each), round(float(cosine), 6)) for each, cosine in zip(others, cosines, strict=True)]


def centre_similarity(vectors: Vectors, themes: Ints, one: int, other: int) -> float | None:
    """Return the cosine of the centres of two themes' tickets, rounded to 6 places; None where a theme has no ticket.

    `vectors` has shape (n, dimensions), `themes` shape (n,).
    """
    return _cosine(vectors, [np.flatnonzero(themes == theme) for theme in (one, other) if theme != UNTHEMED])


def recent_similarity(window: TicketWindow, one: tuple[int, int], other: tuple[int, int]) -> float | None:
    """Return the cosine of the centres of what two themes took lately, rounded to 6 places; None where one took nothing.

    Each is a theme and the time (milliseconds since 1970) from which its tickets count.
    """
    return _cosine(
        window.vectors,
        [np.flatnonzero((window.themes == theme) & (window.times >= since)) for theme, since in (one, other)],
    )


def _cosine(vectors: Vectors, sets: list[Ints]) -> float | None:
    if len(sets) < 2 or any(not len(rows) for rows in sets):
        return None
    centres = []
    for rows in sets:
        centre = vectors[rows].mean(axis=0, dtype=np.float64)
        centres.append(centre / max(float(np.linalg.norm(centre)), 1e-9))
    return round(float(centres[0] @ centres[1]), 6)
