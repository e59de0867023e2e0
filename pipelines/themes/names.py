"""Names and owners of themes: given at birth, and again when the tickets of a theme are others than it was named after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.event import MATCHED
from models.segment import Segment
from models.text import ticket_text
from models.themes import ThemeName
from models.themes.naming.languages import without_language
from pipelines.context import EpochContext
from pipelines.state.themes import ThemeRecord, ThemeRecords
from pipelines.themes.language_names import judge_languages, name_with_language
from pipelines.themes.lineage import note
from pipelines.ticket_mix import MIX_TICKETS
from store.themes import write_themes
from store.tickets import TicketText, read_theme_attributes, read_theme_texts, read_vectors

NAMED_TEXTS = 60
"""Texts of a theme that its name is made from: enough for stable phrases, few enough to name a hundred themes in a second."""

CONTRAST_TEXTS, FEWEST_TEXTS = 2_000, 5
"""Texts of all themes that are not named, which only weight the words of the others; and the fewest of each."""

RENAME_GROWTH = 2.0
"""A theme is named again each time its size is this multiple of the size at which it was named, or `NAMED_TEXTS` larger: at least
half of the texts that its name is made from are new then."""

RENAME_MOVED = 0.25
"""A theme is named again at once when this share of its tickets joined or left it by moves, merges and splits."""


def name_due_themes(context: EpochContext, *, daily: bool | None = None) -> None:
    """Name new themes and those whose tickets were exchanged at once, and outgrown ones when a day begins.

    `daily`: whether outgrown ones are named, by default where a day ends with the epoch. A name that still fits stays.
    """
    daily = context.window.ends_day if daily is None else daily
    name_themes(context, name_due(context.state.themes, daily=daily))


def name_due(themes: ThemeRecords, *, daily: bool = True) -> list[int]:
    """List the themes that were never named or whose tickets were exchanged, and if `daily` those that have outgrown their name."""
    live = (one for one in themes.live() if one.size)
    return sorted(one.theme_id for one in live if _exchanged(one) or (daily and _outgrown(one)))


def _exchanged(record: ThemeRecord) -> bool:
    return record.named_size == 0 or record.moved >= max(1, RENAME_MOVED * record.size)


def _outgrown(record: ThemeRecord) -> bool:
    return record.size >= min(RENAME_GROWTH * record.named_size, record.named_size + NAMED_TEXTS)


def name_themes(context: EpochContext, due: Sequence[int]) -> None:
    """Name themes by what distinguishes their texts from those of the other live themes, and set their owners.

    A name that a person gave stays; the keywords follow the tickets all the same.
    """
    if not due:
        return
    themes = context.state.themes
    judge_languages(context, due)
    named, attributes = (
        _find_names(context, due),
        read_theme_attributes(context.connection, due, MIX_TICKETS, MATCHED),
    )
    for theme in due:
        record, found = themes[theme], named.get(theme)
        reason = _reason(record)
        record.named_size, record.moved = record.size, 0
        record.keywords = record.keywords if found is None else tuple(found.keywords)
        name = name_with_language(context, record, None if found is None else found.name)
        if name is not None and name != record.name and not record.name_pinned:
            _rename(context, record, name, reason)
        if not record.owner_pinned:
            record.owner = _owner(context, record, attributes[theme])
    write_themes(context.connection, [themes[theme].as_row() for theme in due])


def _reason(record: ThemeRecord) -> tuple[str, int]:
    """Return why a theme is named again, and its size when it was named before."""
    if record.named_size == 0:
        return "split", 0
    return "moved" if _exchanged(record) else "grown", record.named_size


def _rename(context: EpochContext, record: ThemeRecord, name: str, why: tuple[str, int]) -> None:
    if record.named:
        reason, size_before = why
        figures = {"before": record.name, "after": name, "size_before": size_before}
        note(context, "rename", record.theme_id, tickets=record.size, reason=reason, figures=figures)
    record.name = name


def _current_name(record: ThemeRecord) -> ThemeName:
    return ThemeName(without_language(record.name, record.language), record.keywords)


def _find_names(context: EpochContext, due: Sequence[int]) -> Mapping[int, ThemeName]:
    themes = context.state.themes
    live = [one.theme_id for one in themes.by_id() if one.live and one.size]
    contrast = min(NAMED_TEXTS, max(FEWEST_TEXTS, CONTRAST_TEXTS // max(1, len(live))))
    limits = {theme: NAMED_TEXTS if theme in due else contrast for theme in live}
    texts = read_theme_texts(context.connection, limits)
    macros = context.rules.macros
    documents = {theme: [ticket_text(one.title, one.body, macros) for one in rows] for theme, rows in texts.items()}
    taken = {themes[theme].name for theme in live if theme not in due or themes[theme].name_pinned}
    current = {theme: _current_name(themes[theme]) for theme in due if themes[theme].named}
    # Vectors of words cannot be compared with what the model makes of a phrase: there words alone decide.
    centres = _centres(context, {theme: rows for theme, rows in texts.items() if themes[theme].language is None})
    persons = {theme: [one.person for one in rows] for theme, rows in texts.items()}
    return context.state.namer.name(documents, taken, due, centres=centres, current=current, persons=persons)


def _centres(context: EpochContext, texts: Mapping[int, Sequence[TicketText]]) -> dict[int, NDArray[np.float64]]:
    """Return the mean vector of the tickets that each theme is named from."""
    ids = [one.id for rows in texts.values() for one in rows]
    vectors = read_vectors(context.connection, ids, context.rules.model)
    known = {theme: [vectors[one.id] for one in rows if one.id in vectors] for theme, rows in texts.items()}
    return {theme: np.mean(rows, axis=0, dtype=np.float64) for theme, rows in known.items() if rows}


def _owner(context: EpochContext, record: ThemeRecord, attributes: Sequence[Mapping[str, str | None]]) -> str:
    segments = Counter(Segment.of(one) for one in attributes)
    return context.rules.ownership.audience_of(segments, record.theme_id, record.name).name
