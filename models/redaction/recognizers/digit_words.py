"""Digits that are written as words, in the languages of many tickets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.redaction.linear_pattern import either
from models.redaction.recognizers.lowering import sign_text, without_marks

_LANGUAGES = (
    "zero one two three four five six seven eight nine",
    "nought - - - - - - - - niner",
    "oh",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zero um dois três quatro cinco seis sete oito nove",
    "- uma duas tres - - meia",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "- une",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "- ein zwo - - fuenf",
    "zero uno due tre quattro cinque sei sette otto nove",
    "nol satu dua tiga empat lima enam tujuh delapan sembilan",
    "s\u0131f\u0131r bir iki üç dört beş alt\u0131 yedi sekiz dokuz",
    "nul een twee drie vier vijf zes zeven acht negen",
    "shunya ek do teen char paanch chhe saat aath nau",
    "zero jeden dwa trzy cztery pi\u0119\u0107 sze\u015b\u0107 siedem osiem dziewi\u0119\u0107",
    "- - - - - piec szesc - - dziewiec",
    "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän",
    "noll ett två tre fyra fem sex sju åtta nio",
    "không một hai ba bốn năm sáu bảy tám chín",
    "शून्य एक दो तीन चार पांच छह सात आठ नौ",
    "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة",
    "- - اثنين ثلاث اربعة خمس ست سبع ثماني تسع",
    "ноль один два три четыре пять шесть семь восемь девять",
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905 (as the lists above)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905 (as above)
_REPEATED = {"double": 2, "triple": 3, "doppel": 2, "doble": 2, "triplo": 3, "duplo": 2}
_IDEOGRAPHS = (
    "〇一二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "零壹貳參肆伍陸柒捌玖",
    "영일이삼사오육칠팔구",
    "공幺两----륙--",
)

_FEWEST_WORDS, _FEWEST_DIGITS = 3, 12
_JOINING = frozenset(("and", "then", "und", "et", "y", "e", "dan", "ve", "en"))
_MOST_BETWEEN = 5
_TOKEN = re.compile(r"(?:[^\W\d_]|[\u0903\u093e-\u094c])+|[0-9]+")
"""Words, also with the vowel signs of Hindi, which are no letters, and digits."""

_IDEOGRAPH = re.compile(rf"[{''.join(sorted(set(''.join(_IDEOGRAPHS)) - {'-'}))}]")


@dataclass(frozen=True, slots=True)
class SpokenDigits:
    """Digits, and for each of them the span of the word that says it."""

    digits: str
    spans: list[tuple[int, int]]


def _read_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for language in _LANGUAGES:
        for digit, word in enumerate(without_marks(language).split()):
            words.setdefault(word, str(digit))
    words |= {word: str(10 + number) for number, word in enumerate(_TEENS)}
    words.pop("-", None)
    return words


WORDS = _read_words()
_TENS_DIGITS = {word: str(number) for number, word in enumerate(_TENS, 2)}
_SIGNS = {sign: str(digit) for signs in _IDEOGRAPHS for digit, sign in enumerate(signs) if sign != "-"}
_SHORTEST_ROW = 16
_BETWEEN = frozenset(word.encode() for word in [*_JOINING, *_REPEATED])
NUMBER_WORDS = frozenset(word.encode() for word in [*WORDS, *_TENS_DIGITS])
"""The words in UTF-8, as a fast search for one of them needs them."""


def _spaced_table() -> bytes:
    """Return the table for `bytes.translate` that makes lower case of ASCII letters and spaces of all other ASCII but digits."""
    table = bytearray(range(256))
    for code in range(128):
        table[code] = ord(chr(code).lower()) if chr(code).isalnum() else ord(" ")
    return bytes(table)


_SPACED = _spaced_table()


def spoken_digits(text: str) -> Iterator[SpokenDigits]:
    """Yield what is said in rows of number words, with digits between them or not, with nothing but separators between the words.

    A row has at least three words and twelve digits. Linear in the length of the text.
    """
    row = _Row()
    for start, end, token in _tokens(text):
        if row.end is not None and (start - row.end > _MOST_BETWEEN or "[" in text[row.end : start]):
            yield from row.finished()
            row = _Row()
        if row.add(token, start, end):
            continue
        if token not in _JOINING:
            yield from row.finished()
            row = _Row()
        elif row.end is not None:
            row.end = end
    yield from row.finished()


class _Row:
    """Digits that are said one after the other."""

    def __init__(self) -> None:
        self.end: int | None = None
        self._words = 0
        self._said: list[tuple[str, int, int]] = []
        self._repeat = 1
        self._tens = False

    def add(self, token: str, start: int, end: int) -> bool:
        """Add a word or digits; return whether it says digits."""
        if token in _REPEATED:
            self._repeat = _REPEATED[token]
            self.end = end
            return True
        digits = token if token.isdigit() else WORDS.get(token) or _SIGNS.get(token) or _TENS_DIGITS.get(token)
        if digits is None:
            return False
        self._settle_tens(followed=len(digits) == 1 and digits != "0" and token not in _TENS_DIGITS)
        self._tens = token in _TENS_DIGITS
        self._words += not token.isdigit()
        self._said.append((digits * self._repeat, start, end))
        self._repeat, self.end = 1, end
        return True

    def finished(self) -> Iterator[SpokenDigits]:
        """Yield the digits if they are enough."""
        self._settle_tens(followed=False)
        digits = "".join([said for said, _, _ in self._said])
        if self._words >= _FEWEST_WORDS and len(digits) >= _FEWEST_DIGITS:
            yield SpokenDigits(digits, [(start, end) for said, start, end in self._said for _ in said])

    def _settle_tens(self, *, followed: bool) -> None:
        # "Forty one" is 41, "forty eleven" is 40 11.
        if self._tens and not followed:
            said, start, end = self._said[-1]
            self._said[-1] = (said + "0", start, end)
        self._tens = False


def has_number_words(text: str) -> bool:
    """Return whether a text has so many number words that they may say a card number: a fast answer."""
    if len(text) < _SHORTEST_ROW:
        return False
    plain = (text if text.isascii() else text.lower()).encode("utf-8", "surrogatepass").translate(_SPACED)
    words = plain.split()
    return sum(map(NUMBER_WORDS.__contains__, words)) >= _FEWEST_WORDS and _has_row(words)


def number_row_pattern() -> str:
    """Return what a text in lower case without accents has where `has_number_words` is true, for `LinearPattern`."""
    written = [word.decode() for word in NUMBER_WORDS]
    bare = {word if (signs := sign_text(word)) is None else signs.flat for word in written}
    apart = r"[\x00-/:-@\[-`{-\x7f]"
    word = f"(?:{either(sorted(bare))})"
    between = f"(?:{apart}+(?:{either(sorted(one.decode() for one in _BETWEEN))}|[0-9]+))*{apart}+"
    return f"(?:^|{apart}){between.join([word] * _FEWEST_WORDS)}(?:{apart}|$)"


def _has_row(words: list[bytes]) -> bool:
    """Return whether enough number words follow each other: "do", two in Hindi, is in many English sentences."""
    row = 0
    for word in words:
        if word in NUMBER_WORDS:
            row += 1
        elif not word.isdigit() and word not in _BETWEEN:
            row = 0
        if row >= _FEWEST_WORDS:
            return True
    return False


def has_ideographs(text: str) -> bool:
    """Return whether a text has a sign of a digit in Chinese, Japanese or Korean."""
    return not text.isascii() and _IDEOGRAPH.search(text) is not None


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield words and digits in lower case; signs of digits one by one where the word consists of nothing else."""
    for match in _TOKEN.finditer(text):
        token = match.group().lower()
        if len(token) > 1 and token[0] in _SIGNS and all(sign in _SIGNS for sign in token):
            yield from ((match.start() + at, match.start() + at + 1, sign) for at, sign in enumerate(token))
        else:
            yield match.start(), match.end(), token
