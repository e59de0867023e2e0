"""Texts whose secrets are known to the character: they are put together from pieces, and encoded piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.redaction.kinds import SensitiveKind
from models.redaction.span import Span


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A value before it is put into a text.

    pieces: characters with whether each counts. phrase: a sentence of its own with `{}`, where those of its kind do not fit.
    key: what a form calls it. writing: a word for the way it is written, shown with misses. followed_by: other secrets right after
    it, each with what separates it from the one before.
    """

    kind: SensitiveKind
    pieces: tuple[tuple[str, bool], ...]
    writing: str = "plain"
    phrase: str | None = None
    key: str | None = None
    followed_by: tuple[tuple[str, SecretValue], ...] = ()


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A part of a text.

    secret: the value that the piece belongs to, None for ordinary text. counts: whether the piece is a character of
    the secret's value, not a separator. keep: whether redaction must leave the piece as it is.
    """

    text: str
    secret: SecretValue | None = None
    counts: bool = False
    keep: bool = False

    def written(self, text: str) -> TextPiece:
        """Return the piece with another text in the same role."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class PlantedSecret:
    """A secret in a text: its kind, how it was written, and the positions of the characters of its value."""

    kind: SensitiveKind
    writing: str
    characters: tuple[Span, ...]

    @property
    def start(self) -> int:
        """First position of its value."""
        return self.characters[0][0]

    @property
    def end(self) -> int:
        """Position after its value."""
        return self.characters[-1][1]


@dataclass(frozen=True, slots=True)
class PlantedText:
    """A text of the scorecard: what is secret in it, and which spans must stay.

    about: the class that it was made for. frame: where the secret is, and how the text is encoded.
    """

    about: SensitiveKind
    frame: str
    text: str
    secrets: tuple[PlantedSecret, ...] = ()
    keeps: tuple[Span, ...] = ()


def whole(text: str) -> tuple[tuple[str, bool], ...]:
    """Return a value each of whose characters counts."""
    return tuple((sign, True) for sign in text)


def alnum(text: str) -> tuple[tuple[str, bool], ...]:
    """Return a value whose letters and digits count; the other characters separate them."""
    return tuple((sign, sign.isalnum()) for sign in text)


def plain(text: str) -> list[TextPiece]:
    """Return ordinary text as pieces; nothing for an empty one."""
    return [TextPiece(text)] if text else []


def planted(value: SecretValue) -> list[TextPiece]:
    """Return a value as pieces, with the secrets that follow it."""
    pieces = [TextPiece(text, value, counts) for text, counts in value.pieces]
    for separator, other in value.followed_by:
        pieces += [TextPiece(separator, value), *planted(other)]
    return pieces


def assemble(about: SensitiveKind, frame: str, pieces: Iterable[TextPiece]) -> PlantedText:
    """Join pieces to a text, and note where each secret's characters and what must stay are."""
    texts: list[str] = []
    values: dict[int, SecretValue] = {}
    characters: dict[int, list[Span]] = {}
    keeps: list[Span] = []
    at = 0
    for piece in pieces:
        span = (at, at + len(piece.text))
        texts.append(piece.text)
        at = span[1]
        if piece.secret is not None and piece.counts:
            values[id(piece.secret)] = piece.secret  # equal values at two places are two secrets
            characters.setdefault(id(piece.secret), []).append(span)
        elif piece.keep:
            keeps.append(span)
    secrets = tuple(PlantedSecret(one.kind, one.writing, tuple(characters[key])) for key, one in values.items())
    return PlantedText(about, frame, "".join(texts), secrets, tuple(keeps))
