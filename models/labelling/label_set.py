"""Label sets: the questions that a labeller answers about a case, and the values that are valid."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Self

THEMES = "themes"
"""In place of a list of values: the numbers of themes, and `none`."""

NO_THEME_FITS = "none"
"""The value of a case that belongs to no theme."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_VALUE = re.compile(r"[^\s\x00-\x1f][^\x00-\x1f]{0,63}")


_KEYS = frozenset({"prompt", "description", "values", "meanings", "level", "correct"})

LONGEST_TEXT = 500
"""Characters of a description, and of what a value means."""


class MeasurementLevel(StrEnum):
    """How values differ: by being others, or also by their order in the list."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQuestion:
    """A question of a label set.

    `values` are in order where `level` is ordinal; they are empty where a theme is asked for. `correct` is the value that counts as
    success where the accuracy of handling is estimated; None for a question that judges no handling. `description` tells labellers
    how to answer, and `meanings` are pairs of a value and what it means, in the order of the values; both may be missing.
    """

    name: str
    prompt: str
    values: tuple[str, ...] = ()
    level: MeasurementLevel = MeasurementLevel.NOMINAL
    correct: str | None = None
    description: str = ""
    meanings: tuple[tuple[str, str], ...] = ()

    def meaning(self, value: str) -> str:
        """Return what a value means, "" where the set does not say it."""
        return dict(self.meanings).get(value, "")

    @property
    def asks_for_theme(self) -> bool:
        """Whether the values are the numbers of themes."""
        return not self.values

    def check(self, value: str) -> str:
        """Return the value; raises `ValueError` with the valid ones for another."""
        if self.asks_for_theme:
            if value != NO_THEME_FITS and not (value.isascii() and value.isdigit() and 0 < int(value) < 2**31):
                raise ValueError(
                    f"received {value!r} for {self.name}; valid is the number of a theme, or {NO_THEME_FITS}"
                )
            return value if value == NO_THEME_FITS else str(int(value))
        if value not in self.values:
            raise ValueError(f"received {value!r} for {self.name}; valid are {', '.join(self.values)}")
        return value

    def as_json(self) -> dict[str, Any]:
        """Write it as a label set file has it."""
        found: dict[str, Any] = {"prompt": self.prompt, "values": list(self.values) or THEMES}
        if self.level is not MeasurementLevel.NOMINAL:
            found["level"] = self.level.value
        if self.correct is not None:
            found["correct"] = self.correct
        if self.description:
            found["description"] = self.description
        if self.meanings:
            found["meanings"] = dict(self.meanings)
        return found

    @classmethod
    def parse(cls, name: str, value: object) -> Self:
        """Read a question from a label set file. Raises `ValueError` that says what is valid."""
        if not _NAME.fullmatch(name) or not isinstance(value, Mapping):
            raise ValueError(
                f"received the question {name!r}; valid is a table whose name is small letters, digits and _"
            )
        unknown = sorted(set(value) - _KEYS)
        if unknown:
            raise ValueError(
                f"received {unknown[0]!r} in the question {name}; valid are prompt, description, values, meanings, level and correct"
            )
        values = _values(name, value.get("values"))
        level, correct = value.get("level", "nominal"), value.get("correct")
        if level not in tuple(MeasurementLevel) or (level == MeasurementLevel.ORDINAL and not values):
            raise ValueError(
                f"received the level {level!r} for {name}; valid are nominal and, for a list of values, ordinal"
            )
        if correct is not None and correct not in values:
            raise ValueError(
                f"received {correct!r} as the correct value of {name}; valid are {', '.join(values) or 'none'}"
            )
        prompt = str(value.get("prompt", name.replace("_", " ")))
        return cls(
            name=name,
            prompt=prompt,
            values=values,
            level=MeasurementLevel(level),
            correct=correct,
            description=_text(name, "description", value.get("description", "")),
            meanings=_meanings(name, values, value.get("meanings", {})),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSet:
    """Questions that are answered together about one case. Stored versions are numbered from 1; 0 is one that is not stored."""

    name: str
    title: str
    questions: tuple[LabelQuestion, ...]
    version: int = 0

    def question(self, name: str) -> LabelQuestion:
        """Return the question of that name; raises `ValueError` with the valid ones for another."""
        for one in self.questions:
            if one.name == name:
                return one
        raise ValueError(f"received the question {name!r}; valid are {', '.join(one.name for one in self.questions)}")

    def as_json(self) -> dict[str, Any]:
        """Write the definition: equal definitions are equal, whatever their versions."""
        return {"title": self.title, "questions": {one.name: one.as_json() for one in self.questions}}

    @classmethod
    def parse(cls, name: str, value: object, version: int = 0) -> Self:
        """Read a set from a label set file, or from what `as_json` wrote. Raises `ValueError` that says what is valid."""
        if not _NAME.fullmatch(name) or not isinstance(value, Mapping):
            raise ValueError(
                f"received the label set {name!r}; valid is a table whose name is small letters, digits and _"
            )
        questions = value.get("questions")
        if not isinstance(questions, Mapping) or not questions:
            raise ValueError(f"received the label set {name} without questions; give it at least one")
        parsed = tuple(LabelQuestion.parse(key, one) for key, one in questions.items())
        return cls(name=name, title=str(value.get("title", name)), questions=parsed, version=version)


def read_label_sets(text: str | None = None) -> tuple[LabelSet, ...]:
    """Read label sets from TOML; without a text, those that come with the program.

    Raises `ValueError` (of which `tomllib.TOMLDecodeError` is one) for what is no label set.
    """
    if text is None:
        text = files("models.labelling").joinpath("label_sets.toml").read_text("utf-8")
    return tuple(LabelSet.parse(name, value) for name, value in tomllib.loads(text).items())


def _text(name: str, what: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ValueError(f"received {value!r} as {what} of {name}; valid is a text of up to {LONGEST_TEXT} characters")
    return " ".join(value.split())


def _meanings(name: str, values: tuple[str, ...], given: object) -> tuple[tuple[str, str], ...]:
    valid = values or (NO_THEME_FITS,)
    if not isinstance(given, Mapping) or not set(given) <= set(valid):
        raise ValueError(
            f"received the meanings {given!r} of {name}; valid is a table with a text for {', '.join(valid)}"
        )
    return tuple((one, _text(name, f"the meaning of {one}", given[one])) for one in valid if one in given)


def _values(name: str, value: object) -> tuple[str, ...]:
    if value == THEMES:
        return ()
    valid = isinstance(value, list) and all(isinstance(one, str) and _VALUE.fullmatch(one) for one in value)
    if not valid or not isinstance(value, list) or len(value) < 2 or len(set(value)) < len(value):
        raise ValueError(
            f'received the values {value!r} for {name}; valid is "{THEMES}", or a list of two or more different texts'
        )
    return tuple(value)
