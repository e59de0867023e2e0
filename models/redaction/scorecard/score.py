"""How well a program removes secrets: recall and precision for each class, with intervals, over texts whose secrets are known."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import PlantedSecret, PlantedText
from models.redaction.span import Span

Removal = tuple[int, int, str]
"""A span of a text that a program replaces, with the class that it gives."""

Remover = Callable[[str], Sequence[Removal]]

_REST = {
    SensitiveKind.CARD: 4,
    SensitiveKind.TRACK: 4,
    SensitiveKind.IBAN: 4,
    SensitiveKind.ACCOUNT: 3,
    SensitiveKind.NATIONAL_ID: 3,
    SensitiveKind.PHONE: 3,
    SensitiveKind.DEVICE: 4,
    SensitiveKind.TOKEN: 4,
    SensitiveKind.CRYPTO: 4,
}
_SHORT = 8
_EXAMPLES = 200


def removed(secret: PlantedSecret, removals: Sequence[Removal]) -> bool:
    """Return whether nothing usable of a secret remains.

    A character remains unless a removal covers it with its whole encoding. Of a secret of more than eight characters as many may remain
    as are printed on receipts: four of a card, an IBAN, a token or an address of a wallet, three of other numbers. Nothing of shorter
    ones, of passwords, e-mail and network addresses may remain.
    """
    allowed = _REST.get(secret.kind, 0) if len(secret.characters) > _SHORT else 0
    return remaining(secret.characters, removals) <= allowed


def remaining(characters: Iterable[Span], removals: Sequence[Removal]) -> int:
    """Count the characters that no removal covers whole. Removals are in order and do not overlap."""
    starts = [start for start, _, _ in removals]
    left = 0
    for start, end in characters:
        at = bisect_right(starts, start) - 1
        left += at < 0 or removals[at][1] < end
    return left


def touches(span: Span, others: Iterable[Span]) -> bool:
    """Return whether a span has a character in common with one of the others."""
    return any(span[0] < end and start < span[1] for start, end in others)


@dataclass(slots=True)
class ClassScore:
    """The counts of one class.

    secrets: planted; removed: of which nothing usable remains; named: removed, and by a removal of this class. replaced: removals of
    this class; right: those that touch a secret of any class. keeps: spans that must stay in texts about this class; kept: that did.
    """

    kind: SensitiveKind
    secrets: int = 0
    removed: int = 0
    named: int = 0
    replaced: int = 0
    right: int = 0
    keeps: int = 0
    kept: int = 0

    @property
    def recall(self) -> float:
        """Share of the secrets of which nothing usable remains."""
        return self.removed / self.secrets if self.secrets else 1.0

    @property
    def precision(self) -> float:
        """Share of the removals that touch a secret; 1 where nothing was removed."""
        return self.right / self.replaced if self.replaced else 1.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A secret that was missed (`what` is "missed"), or text that was lost ("lost"): the span, and where it happened."""

    what: str
    kind: SensitiveKind
    text: str
    start: int
    end: int
    writing: str
    frame: str


@dataclass(slots=True)
class Scorecard:
    """The scores of all classes, and examples of mistakes."""

    scores: dict[SensitiveKind, ClassScore] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def of(self, kind: SensitiveKind) -> ClassScore:
        """Return the score of a class."""
        return self.scores.setdefault(kind, ClassScore(kind))


def score(texts: Iterable[PlantedText], remove: Remover) -> Scorecard:
    """Let a program remove what it finds in each text, and count what it missed and what it should have left."""
    card = Scorecard()
    examples: Counter[tuple[str, SensitiveKind]] = Counter()
    for text in texts:
        removals = sorted(remove(text.text))
        for mistake in (*_recall(card, text, removals), *_precision(card, text, removals)):
            examples[mistake.what, mistake.kind] += 1
            if examples[mistake.what, mistake.kind] <= _EXAMPLES:
                card.mistakes.append(mistake)
    return card


def _recall(card: Scorecard, text: PlantedText, removals: Sequence[Removal]) -> list[Mistake]:
    missed = []
    for secret in text.secrets:
        counts = card.of(secret.kind)
        counts.secrets += 1
        if removed(secret, removals):
            counts.removed += 1
            counts.named += any(
                label == secret.kind and touches((start, end), secret.characters) for start, end, label in removals
            )
        else:
            missed.append(_mistake("missed", secret.kind, text, (secret.start, secret.end), secret.writing))
    return missed


def _precision(card: Scorecard, text: PlantedText, removals: Sequence[Removal]) -> list[Mistake]:
    lost = []
    characters = [span for secret in text.secrets for span in secret.characters]
    for start, end, label in removals:
        counts = card.of(SensitiveKind(label))
        right = touches((start, end), characters)
        counts.replaced += 1
        counts.right += right
        if not right or touches((start, end), text.keeps):
            lost.append(_mistake("lost", counts.kind, text, (start, end), f"about {text.about}"))
    about = card.of(text.about)
    about.keeps += len(text.keeps)
    about.kept += sum(not touches(span, [one[:2] for one in removals]) for span in text.keeps)
    return lost


def _mistake(what: str, kind: SensitiveKind, text: PlantedText, span: Span, writing: str) -> Mistake:
    return Mistake(what, kind, text.text, *span, writing, text.frame)
