"""What systems do to a text on its way: entities, tags, percent signs, quoted-printable, JSON escapes, characters without width."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from random import Random
from urllib.parse import quote, quote_plus

from models.redaction.scorecard.pieces import TextPiece

_NAMED = {
    "\u00a0": "&nbsp;",
    "\u2009": "&thinsp;",
    "\u2013": "&ndash;",
    "\u2014": "&mdash;",
    "@": "&commat;",
    ".": "&period;",
    "\n": "<br>",
}
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
_TAGS = (
    ("<b>", "</b>"),
    ("<span>", "</span>"),
    ('<font color="red">', "</font>"),
    ('<span style="mso-fareast">', "</span>"),
)
_LINE = 76
"""Characters of a line of quoted-printable (RFC 2045, 6.7)."""

Pieces = Sequence[TextPiece]
Encoder = Callable[[Pieces, Random], list[TextPiece]]


def as_it_is(pieces: Pieces, _: Random) -> list[TextPiece]:
    """Leave the text."""
    return list(pieces)


def html_escaped(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Write separators of secrets as character references, and escape what HTML needs escaped."""
    form = rng.choice(("&#{};", "&#x{:x};", "&#X{:X};"))

    def one(piece: TextPiece) -> TextPiece:
        if piece.secret is None or (piece.counts and piece.text not in "@."):
            return piece.written(html.escape(piece.text, quote=False).replace("\n", "<br>\n"))
        if piece.text == " ":
            return piece.written(rng.choice(("&nbsp;", "&#160;", "&#xA0;", "&#32;")))
        return piece.written(
            "".join(_NAMED.get(sign) or (form.format(ord(sign)) if not sign.isalnum() else sign) for sign in piece.text)
        )

    return [one(piece) for piece in pieces]


def digits_as_references(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Write some or all characters of secrets as numeric character references."""
    share = rng.choice((0.3, 1.0))
    form = rng.choice(("&#{};", "&#0{};", "&#x{:x};"))
    return [
        piece.written("".join(form.format(ord(sign)) for sign in piece.text))
        if piece.counts and rng.random() < share
        else piece.written(html.escape(piece.text, quote=False).replace("\n", "<br>"))
        for piece in pieces
    ]


def tagged(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Put tags around runs of a secret's characters, as mail programs and spelling checks do."""
    begin, end = rng.choice(_TAGS)
    size = rng.choice((1, 2, 4, 4, 64))
    done: list[TextPiece] = []
    run = 0
    for before, piece, after in zip([None, *pieces[:-1]], pieces, [*pieces[1:], None], strict=True):
        text = html.escape(piece.text, quote=False).replace("\n", "<br>\n")
        if not piece.counts:
            done.append(piece.written(text))
            continue
        starts = before is None or before.secret is not piece.secret or not before.counts or run == size
        run = 1 if starts else run + 1
        if starts:
            done.append(TextPiece(begin, piece.secret))
        done.append(piece.written(text))
        if after is None or after.secret is not piece.secret or not after.counts or run == size:
            done.append(TextPiece(end, piece.secret))
    return done


def with_invisible(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Put characters without width between the characters of secrets, as copied text has them."""
    sign, every = rng.choice(_INVISIBLE), rng.choice((1, 4))
    done: list[TextPiece] = []
    for number, piece in enumerate(pieces):
        done.append(piece)
        if (
            piece.counts
            and number % every == 0
            and number + 1 < len(pieces)
            and pieces[number + 1].secret is piece.secret
        ):
            done.append(TextPiece(sign, piece.secret))
    return done


def percent_encoded(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Write secrets as they are in the query of an address."""
    write = rng.choice((quote_plus, _quoted, lambda text: "".join(_lower_percent(_quoted(sign)) for sign in text)))
    return [piece if piece.secret is None else piece.written(write(piece.text)) for piece in pieces]


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _lower_percent(written: str) -> str:
    return written.lower() if written.startswith("%") else written


def quoted_printable(pieces: Pieces, rng: Random) -> list[TextPiece]:
    """Encode the text as quoted-printable with soft line breaks, also inside secrets."""
    width, column = rng.randrange(40, _LINE), 0
    done: list[TextPiece] = []
    for piece in pieces:
        signs: list[str] = []
        for sign in piece.text:
            text = (
                sign
                if sign == "\n" or (sign.isascii() and sign != "=")
                else "".join(f"={byte:02X}" for byte in sign.encode())
            )
            if column + len(text) > width:
                if not signs:
                    done.append(TextPiece("=\n", piece.secret))
                else:
                    signs.append("=\n")
                column = 0
            column = 0 if sign == "\n" else column + len(text)
            signs.append(text)
        done.append(piece.written("".join(signs)))
    return done


def json_escaped(pieces: Pieces, rng: Random) -> list[TextPiece]:
    r"""Escape the text as a JSON string: `\n`, and `\u` for what is not ASCII and for some digits and signs of secrets."""
    share = rng.choice((0.0, 0.0, 0.3))

    def one(piece: TextPiece) -> TextPiece:
        escape = piece.counts and not piece.text.isalpha() and rng.random() < share
        return piece.written("".join(_json(sign, always=escape) for sign in piece.text))

    return [one(piece) for piece in pieces]


def _json(sign: str, *, always: bool) -> str:
    plain = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}.get(sign)
    if plain is not None:
        return plain
    if sign.isascii() and not always:
        return sign
    encoded = sign.encode("utf-16-be")
    return "".join(f"\\u{encoded[at : at + 2].hex()}" for at in range(0, len(encoded), 2))
