"""What labellers said of a case, without their names: who decides between them should not know who said what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from models.access import AccessScope
from models.labelling.case_label import CaseLabel
from models.labelling.label_set import NO_THEME_FITS, LabelQuestion
from store.board.theme_choices import named_themes


@dataclass(frozen=True, slots=True)
class Opinion:
    """A value, and the letters of those who gave it, such as `A`."""

    value: str
    text: str
    about: str
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionsOnQuestion:
    """What was said of a question.

    `others` are further values that an adjudicator may choose; `decided` is the value that won before.
    """

    question: LabelQuestion
    said: tuple[Opinion, ...]
    others: tuple[Opinion, ...]
    disputed: bool
    decided: str | None


def value_texts(
    connection: Connection, questions: Sequence[LabelQuestion], values: Mapping[str, Iterable[str]], scope: AccessScope
) -> dict[tuple[str, str], str]:
    """Return how values are written, by question and value: themes by their names as the scope shows them."""
    themes = {
        int(value) for one in questions if one.asks_for_theme for value in values.get(one.name, ()) if value.isdecimal()
    }
    names = {one.theme_id: one.name for one in named_themes(connection, sorted(themes), scope)}
    return {(one.name, value): _text(one, value, names) for one in questions for value in values.get(one.name, ())}


def opinions_on(
    connection: Connection,
    letters: Mapping[str, str],
    questions: Sequence[LabelQuestion],
    labels: Sequence[CaseLabel],
    decided: Mapping[str, str],
    scope: AccessScope,
    themes: Sequence[int] = (),
) -> tuple[OpinionsOnQuestion, ...]:
    """Return what was said of each question of a case; those that are disputed and not decided come first.

    `letters` stand for the labellers; `themes` may be chosen in addition to those that labellers chose.
    """
    said: dict[str, dict[str, list[str]]] = {}
    for one in labels:
        said.setdefault(one.question, {}).setdefault(one.value, []).append(letters[one.labeller])
    every = {
        one.name: list(dict.fromkeys([*said.get(one.name, ()), *_further(one, themes), *_one(decided.get(one.name))]))
        for one in questions
    }
    texts = value_texts(connection, questions, every, scope)
    found = [_on(one, said.get(one.name, {}), every[one.name], decided.get(one.name), texts) for one in questions]
    return tuple(sorted(found, key=lambda one: not (one.disputed and one.decided is None)))


def _on(
    question: LabelQuestion,
    given: Mapping[str, Sequence[str]],
    every: Sequence[str],
    decided: str | None,
    texts: Mapping[tuple[str, str], str],
) -> OpinionsOnQuestion:
    def opinion(value: str) -> Opinion:
        return Opinion(value, texts[question.name, value], question.meaning(value), tuple(sorted(given.get(value, ()))))

    said = sorted((opinion(value) for value in given), key=lambda one: one.letters)
    others = tuple(opinion(value) for value in every if value not in given)
    return OpinionsOnQuestion(
        question=question, said=tuple(said), others=others, disputed=len(said) > 1, decided=decided
    )


def _further(question: LabelQuestion, themes: Sequence[int]) -> tuple[str, ...]:
    return (*map(str, themes), NO_THEME_FITS) if question.asks_for_theme else question.values


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _text(question: LabelQuestion, value: str, names: Mapping[int, str]) -> str:
    if not question.asks_for_theme:
        return value.replace("_", " ")
    if value == NO_THEME_FITS:
        return "none of the themes"
    return names.get(int(value), f"theme {value}") if value.isdecimal() else value
