"""The desk of a labeller: one case with its questions, its conversation and the procedures of its theme."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup
from sqlalchemy import Connection

from models.access import AccessScope
from models.labelling.label_set import NO_THEME_FITS, LabelQuestion
from models.sops.markdown import markdown_html
from models.sops.procedure import Procedure
from models.sops.steps import steps_html
from models.sops.tree import TreeInvalid
from store.board.procedures import procedure_rows
from store.board.theme_choices import ThemeChoice, named_themes, offered_themes, searched_themes
from store.sop_links import sops_of_themes

KEYS = "1234567890"
"""Keys of the values of a question in order; further values have none."""


@dataclass(frozen=True, slots=True)
class ValueChoice:
    """A value that may be chosen: the text that is shown, what it means, and its key, "" for none."""

    value: str
    text: str
    about: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskQuestion:
    """A question with its values; `chosen` is the value that is ticked, and `found` the number of themes that a search found."""

    name: str
    prompt: str
    description: str
    asks_for_theme: bool
    choices: tuple[ValueChoice, ...]
    chosen: str = ""
    found: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProcedure:
    """The procedure of a theme, as HTML; `chosen` says whether its theme is ticked."""

    slug: str
    title: str
    version: int
    overdue: bool
    theme_id: int
    theme_name: str
    steps: Markup
    body: Markup
    chosen: bool


def desk_questions(
    connection: Connection,
    questions: Sequence[LabelQuestion],
    ticket_id: str,
    scope: AccessScope,
    *,
    chosen: Mapping[str, str],
    search: str = "",
) -> tuple[DeskQuestion, ...]:
    """Return the questions of a case with what may be chosen; `search` are words by which a theme is looked for."""
    return tuple(
        _theme_question(connection, one, ticket_id, scope, chosen.get(one.name, ""), search)
        if one.asks_for_theme
        else _plain_question(one, chosen.get(one.name, ""))
        for one in questions
    )


def desk_procedures(
    connection: Connection, theme_ids: Collection[int], chosen: Collection[int], scope: AccessScope, day: date
) -> tuple[DeskProcedure, ...]:
    """Return the procedures of themes that a person may see, by theme; those of `chosen` are marked."""
    linked = sops_of_themes(connection, theme_ids)
    if not linked:
        return ()
    visible = {row.stored.slug: row for row in procedure_rows(connection, scope, day)}
    names = {one.theme_id: one.name for one in named_themes(connection, list(linked), scope)}
    found = []
    for theme in sorted(linked):
        for stored in linked[theme]:
            row = visible.get(stored.slug)
            if row is None or theme not in names:
                continue
            said = stored.newest.procedure
            found.append(DeskProcedure(
                slug=stored.slug, title=said.title, version=stored.newest.number, overdue=row.overdue, theme_id=theme,
                theme_name=names[theme], steps=_steps(said, f"theme-{theme}-{stored.slug}"),
                body=Markup(markdown_html(said.body)), chosen=theme in chosen,  # noqa: S704 - escaped where it is made
            ))  # fmt: skip
    return tuple(found)


def themes_among(questions: Sequence[DeskQuestion]) -> list[int]:
    """Return the numbers of the themes that may be chosen."""
    return [
        int(choice.value)
        for one in questions
        if one.asks_for_theme
        for choice in one.choices
        if choice.value != NO_THEME_FITS
    ]


def _plain_question(question: LabelQuestion, chosen: str) -> DeskQuestion:
    choices = tuple(
        ValueChoice(value, value.replace("_", " "), question.meaning(value), KEYS[at] if at < len(KEYS) else "")
        for at, value in enumerate(question.values)
    )
    return DeskQuestion(
        name=question.name, prompt=question.prompt, description=question.description, asks_for_theme=False,
        choices=choices, chosen=chosen,
    )  # fmt: skip


def _theme_question(
    connection: Connection, question: LabelQuestion, ticket_id: str, scope: AccessScope, chosen: str, search: str
) -> DeskQuestion:
    found = searched_themes(connection, search, scope) if search else offered_themes(connection, ticket_id, scope)
    listed: tuple[ThemeChoice, ...] = found
    if chosen.isdecimal() and all(one.theme_id != int(chosen) for one in found):
        # What is ticked stays in the list, whatever is searched for.
        listed = (*found[: len(KEYS) - 2], *named_themes(connection, [int(chosen)], scope))
    choices = [
        ValueChoice(str(one.theme_id), one.name, ", ".join(one.keywords), KEYS[at] if at < len(KEYS) - 1 else "")
        for at, one in enumerate(listed)
    ]
    none = ValueChoice(NO_THEME_FITS, "none of the themes", question.meaning(NO_THEME_FITS), KEYS[-1])
    return DeskQuestion(
        name=question.name, prompt=question.prompt, description=question.description, asks_for_theme=True,
        choices=(*choices, none), chosen=chosen, found=len(found),
    )  # fmt: skip


def _steps(procedure: Procedure, prefix: str) -> Markup:
    try:
        tree = procedure.decision_tree()
    except TreeInvalid:
        return Markup("<pre>{}</pre>").format(procedure.tree)
    # Escaped where it is made.
    return Markup("") if tree is None else Markup(steps_html(tree, prefix))  # noqa: S704
