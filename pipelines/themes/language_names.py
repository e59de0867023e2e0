"""Names of the themes of a language that the embedding model does not read: decided before the ordinary naming's are used."""

from __future__ import annotations

from collections.abc import Sequence

from models.text import ticket_text
from models.themes.naming.languages import is_one_problem, language_theme_name
from pipelines.context import EpochContext
from pipelines.state.themes import ThemeRecord
from store.tickets import read_theme_texts

JUDGED_TEXTS = 60
"""Newest texts of each theme that decide whether it is of one problem."""


def judge_languages(context: EpochContext, due: Sequence[int]) -> None:
    """Decide for the themes that are due for a name whether they are of one problem, where they are of one language."""
    themes, remainders = context.state.themes, context.state.index.remainders()
    judged = [theme for theme in due if themes[theme].language is not None and theme not in remainders]
    if not judged:
        return
    languages = {themes[theme].language for theme in judged}
    related = [one.theme_id for one in themes.by_id() if one.live and one.size and one.language in languages]
    stored = read_theme_texts(context.connection, dict.fromkeys(related, JUDGED_TEXTS))
    texts = {
        theme: [ticket_text(one.title, one.body, context.rules.macros) for one in rows]
        for theme, rows in stored.items()
    }
    for theme in judged:
        record = themes[theme]
        others = [
            text
            for other in related
            if other != theme and themes[other].language == record.language
            for text in texts[other]
        ]
        record.several_problems = not is_one_problem(texts.get(theme, []), others)


def name_with_language(context: EpochContext, record: ThemeRecord, problem: str | None) -> str | None:
    """Return the name of a theme by its language and its problem; the problem itself for a theme of no such language."""
    if record.language is None:
        return problem
    taken = {one.name for one in context.state.themes if one.live and one is not record}
    several = record.several_problems or problem is None
    return language_theme_name(
        record.language, problem=None if several else problem, words=record.keywords, taken=taken
    )
