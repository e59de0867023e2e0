"""The forms of labelling. Pages and the JSON API take the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from models.access import Person
from models.labelling.queue import QueueKind
from pipelines.labelling.draw import QueueRequest
from store.types import LARGEST_ID

ANSWER = "answer."
"""Begins the names of the fields that answer a question: `answer.theme`."""

MOST_SECONDS = 86_400.0
LONGEST_REASON = 200
LONGEST_NOTE = 2_000
MOST_CASES = 10_000
MOST_LABELLERS = 20

REASONS = (
    "I cannot tell", "I do not read its language", "Its text says nothing", "I handled it myself", "It should not be shown to anybody",
)  # fmt: skip
"""Reasons to skip a case that are proposed; any other text is valid, too."""

_Optional = BeforeValidator(lambda sent: None if sent == "" else sent)
"""A field of a form that was left empty."""


class ShownForm(BaseModel):
    """A form of a case that was shown to `labeller`: another person may have signed in at the browser since then."""

    model_config = ConfigDict(frozen=True, extra="allow")

    labeller: str = ""

    def wrong_person(self, person: Person) -> str | None:
        """Say that the form was shown to another person than the one who sends it; None where it was not, or does not say."""
        if self.labeller in {"", person.name}:
            return None
        return (
            f"Not saved: another person was signed in when this case was shown, and now you are, as {person.name}. Answer it yourself, "
            "or sign in as that person"
        )


class CaseFields(ShownForm):
    """What a labeller says of a case: `seconds` that the case was visible, and one field for each question."""

    seconds: Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, _Optional] = None

    def answers(self) -> dict[str, str]:
        """Return the answers by question; those that were left open are left out."""
        return answers_of(self.model_extra or {})

    @property
    def spent(self) -> float | None:
        """The time that counts, in seconds; None where it is not known, as without JavaScript."""
        return None if self.seconds is None else min(self.seconds, MOST_SECONDS)


def answers_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers among the fields of a form or an address, by question."""
    return {
        name.removeprefix(ANSWER): str(value)[:200]
        for name, value in fields.items()
        if name.startswith(ANSWER) and isinstance(value, str) and value
    }


class SkipFields(BaseModel):
    """Why a labeller skips a case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class SkipForm(ShownForm, SkipFields):
    """Why a labeller skips the case of a page."""


class AdjudicationFields(ShownForm):
    """What an adjudicator decides: one field for each question that is disputed, why, and whether it is gold from now on."""

    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    gold: bool = False

    def answers(self) -> dict[str, str]:
        """Return the values that were decided, by question."""
        return answers_of(self.model_extra or {})


class QueueFields(BaseModel):
    """A queue to draw. `questions` are those of the set that are asked, none for all; `per_case` 0 asks each labeller."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[str, Field(max_length=128)] = ""
    kind: QueueKind = QueueKind.AUDIT
    size: Annotated[int, Field(ge=1, le=MOST_CASES)] = 100
    set: Annotated[str, Field(max_length=32)] = "cases"
    questions: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    theme: Annotated[Annotated[int, Field(ge=1, le=LARGEST_ID)] | None, _Optional] = None
    baseline: bool = False
    per_case: Annotated[int, Field(ge=0, le=MOST_LABELLERS)] = 2
    seed: Annotated[Annotated[int, Field(ge=0, le=LARGEST_ID)] | None, _Optional] = None
    labellers: Annotated[str, Field(max_length=2_000)] = ""

    def request(self) -> QueueRequest:
        """Return what is asked for; without names whoever may label labels it."""
        names = tuple(dict.fromkeys(name for one in self.labellers.split(",") if (name := one.strip())))
        return QueueRequest(
            kind=self.kind, size=self.size, title=self.title, set_name=self.set, questions=self.questions, per_case=self.per_case,
            theme_id=self.theme if self.kind is QueueKind.THEME else None, baseline=self.baseline, labellers=names or None,
            seed=self.seed,
        )  # fmt: skip
