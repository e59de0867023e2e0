"""Where secrets are found: sentences, HTML mail, chats, replies, forms, tables, addresses, logs and JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard import encoding
from models.redaction.scorecard.neighbours import clock_time, neighbour, neighbour_field
from models.redaction.scorecard.phrases import AnnouncingPhrases
from models.redaction.scorecard.pieces import SecretValue, TextPiece, plain, planted

CLEAR = frozenset(
    (
        SensitiveKind.CARD,
        SensitiveKind.TRACK,
        SensitiveKind.CVV,
        SensitiveKind.EXPIRY,
        SensitiveKind.IBAN,
        SensitiveKind.UPI,
        SensitiveKind.EMAIL,
        SensitiveKind.CRYPTO,
    )
)
"""Classes whose values are clear by themselves, or by a card in their row."""

Values = Sequence[SecretValue]
Frame = Callable[[Random, AnnouncingPhrases, Values], list[TextPiece]]


def announced(rng: Random, phrases: AnnouncingPhrases, language: str, value: SecretValue) -> list[TextPiece]:
    """Put a value into a phrase of a language that announces its kind, or into the phrase that it brings."""
    before, _, after = (value.phrase or phrases.phrase(rng, value.kind.value, language)).partition("{}")
    return [*plain(before), *planted(value), *plain(after)]


def sentences(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a ticket of some sentences."""
    language = rng.choice(phrases.languages)
    pieces = plain(phrases.phrase(rng, "open", language) + " ") if rng.random() < 0.7 else []
    join = rng.choice((", ", ". ", "\n", " "))
    if rng.random() < 0.3:
        pieces += [*neighbour(rng), *plain(join if join.strip() or join == "\n" else ", ")]
    for number, value in enumerate(values):
        pieces += [*(plain(join) if number else []), *announced(rng, phrases, language, value)]
    if rng.random() < 0.4:
        pieces += [*plain(rng.choice((", ", ". ", "\n"))), *neighbour(rng)]
    return [*pieces, *(plain("\n" + phrases.phrase(rng, "close", language)) if rng.random() < 0.6 else [])]


def reply(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write sentences as the quoted part of a reply."""
    mark = rng.choice(("> ", ">", ">> ", "| "))
    quoted = [piece.written(piece.text.replace("\n", f"\n{mark}")) for piece in sentences(rng, phrases, values)]
    return [*plain(f"See below.\n\n{mark}"), *quoted]


def chat(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a chat with a line for each value."""
    language = rng.choice(phrases.languages)
    pieces = plain(f"[{clock_time(rng)}] Agent: {phrases.phrase(rng, 'open', 'en')}")
    for value in values:
        pieces += plain(f"\n[{clock_time(rng)}] Customer: ")
        pieces += announced(rng, phrases, language, value)
    return [*pieces, *plain(f"\n[{clock_time(rng)}] Agent: ok, thanks")]


def form(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a form: a label and a value on each line."""
    colon = rng.choice((": ", " - ", ":\t", " = ", ":\n"))
    lines = _fields(rng, phrases, values)
    pieces: list[TextPiece] = []
    for label, value in lines:
        pieces += [*plain(f"{label}{colon}"), *value, *plain("\n")]
    return pieces


def row(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a table, as CSV, tabs, Markdown or HTML: a label and a value in each row, or a header and a row.

    Headers are written for what needs no words, and for cards with what belongs to them: a header in another line announces nothing.
    """
    fields = _fields(rng, phrases, values)
    begin, between, end = rng.choice(
        (("", ";", "\n"), ("", "\t", "\n"), ("| ", " | ", " |\n"), ("<tr><td>", "</td><td>", "</td></tr>"))
    )
    if not {value.kind for value in values} <= CLEAR or rng.random() < 0.5:
        rows = [[*plain(f"{begin}{label}{between}"), *value, *plain(end)] for label, value in fields]
        return [piece for one in rows for piece in one]
    pieces = plain(begin + between.join(label for label, _ in fields) + end + begin)
    for number, (_, value) in enumerate(fields):
        pieces += [*(plain(between) if number else []), *value]
    return [*pieces, *plain(end)]


def address(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a web address with the values in its query."""
    pieces = plain(f"see https://{rng.choice(('pay.example.com/retry', 'shop.example/checkout', 'example.org/x'))}")
    for number, (label, value) in enumerate(_fields(rng, phrases, values, neighbours=0)):
        pieces += [*plain(f"{'&' if number else '?'}{_name(label)}="), *value]
    return [*pieces, *plain(rng.choice(("", "&step=3", " please", "&lang=en#top")))]


def log_line(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a line of a log with `name=value` fields."""
    pieces = plain(
        f"2026-11-{rng.randrange(10, 30)}T{clock_time(rng)}Z {rng.choice(('ERROR', 'WARN', 'INFO'))} payment declined"
    )
    quote = rng.choice(("", '"'))
    for label, value in _fields(rng, phrases, values):
        pieces += [*plain(f" {_name(label)}={quote}"), *value, *plain(quote)]
    return pieces


def json_object(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write a JSON object of strings."""
    pieces = plain("{")
    for number, (label, value) in enumerate(_fields(rng, phrases, values)):
        pieces += [*plain(f'{", " if number else ""}"{_name(label)}": "'), *value, *plain('"')]
    return [*pieces, *plain("}")]


def html_mail(rng: Random, phrases: AnnouncingPhrases, values: Values) -> list[TextPiece]:
    """Write the text of an HTML mail; the encoder writes its tags and references."""
    return sentences(rng, phrases, values)


def _fields(
    rng: Random, phrases: AnnouncingPhrases, values: Values, neighbours: int = 1
) -> list[tuple[str, list[TextPiece]]]:
    fields = [(value.key or phrases.key(rng, value.kind.value), planted(value)) for value in values]
    for _ in range(neighbours):
        label, piece = neighbour_field(rng)
        fields.insert(rng.randrange(len(fields) + 1) if len(values) == 1 else len(fields), (label, [piece]))
    return fields


def _name(label: str) -> str:
    return label.replace(" ", "_")


ANYWHERE = (encoding.as_it_is, encoding.as_it_is, encoding.as_it_is, encoding.with_invisible, encoding.quoted_printable)
MARKUP = (encoding.html_escaped, encoding.html_escaped, encoding.digits_as_references, encoding.tagged)

FRAMES: tuple[tuple[str, int, Frame, tuple[encoding.Encoder, ...]], ...] = (
    ("sentences", 8, sentences, ANYWHERE),
    ("HTML mail", 4, html_mail, MARKUP),
    ("reply", 1, reply, ANYWHERE),
    ("chat", 2, chat, ANYWHERE),
    ("form", 3, form, ANYWHERE),
    ("table", 2, row, (encoding.as_it_is,)),
    ("address", 2, address, (encoding.percent_encoded,)),
    ("log", 2, log_line, (encoding.as_it_is,)),
    ("JSON", 1, json_object, (encoding.as_it_is, encoding.json_escaped)),
)
"""Name, weight, how it is written, and what systems do to such a text."""


def written(rng: Random, phrases: AnnouncingPhrases, values: Values) -> tuple[str, list[TextPiece]]:
    """Put values into a frame drawn by weight, encode it, and return the names of both with the pieces."""
    name, _, frame, encoders = rng.choices(FRAMES, [weight for _, weight, _, _ in FRAMES])[0]
    encoder = rng.choice(encoders)
    return f"{name}, {encoder.__name__.replace('_', ' ')}", encoder(frame(rng, phrases, values), rng)
