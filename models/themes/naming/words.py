"""Words of a text in any script, as they are counted for names."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from models.themes.naming.object_clauses import find_object_clauses
from models.themes.naming.stop_words import ENGLISH_STOP_WORDS

BREAK = ""
"""Marks the end of a phrase: punctuation, a number, a placeholder, or a word that opens a clause."""

_LONGEST_WORD = 30
_ENDINGS = ("ied", "ies", "ing", "ed", "es", "s", "e", "y")
_SHORTEST_STEM = 3
_READ = 2_000
"""Characters of a text that are read: what a ticket is about is at its start."""

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*\]")
_PLAIN = re.compile(r"[a-zA-Z]+(?:'[a-zA-Z]+)*|[^a-zA-Z\s'\-]")
_NEGATED = re.compile(r"n't$|^(?:ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should)nt$")
_UNSPACED = re.compile(r"^(?:CJK|HIRAGANA|KATAKANA|THAI|LAO|KHMER|MYANMAR|TIBETAN|JAVANESE|BALINESE)")
"""Scripts that write no spaces between words, by how Unicode's character names begin."""


def words_of(text: str) -> frozenset[str]:
    """Split a list of words that is written with spaces."""
    return frozenset(text.split())


# Words that express the complaint; the usual list of stop words drops them, and "refund arrived" is no problem.
_MEANINGFUL = words_of(
    "no not never nothing cannot without twice after before again off out down up top bill call system fill "
    "move back cry against still"
)
_GREETINGS = words_of("hi hello hey thanks thank regards dear please pls sorry ok okay")
_FILLERS = words_of(
    "just really wanna gonna want wanted need like know think got did does doing don let im ive tell help thing things make "
    "sure use using way try tried trying going gone went said say says ll ve re would"
)
_AMOUNTS = words_of("long much many often soon far")
"""Words that ask with "how" and say nothing of their own then."""

_PARTICLES = words_of("up out off down back")
_CLAUSES = words_of(
    "and but or because when if while although though so then than since until unless as "
    "i you we they he she it there who which what how why where whether"
)


class Spelling(NamedTuple):
    """A text as it is written and as it is counted.

    `words` are those of `split`; `written` are all tokens of the text in its own case, `lowered` the same in lower case, and `owners`
    has for each the position in `words` of the word that it belongs to, -1 for a function word.
    """

    words: list[str]
    written: list[str]
    lowered: list[str]
    owners: list[int]


def split(text: str) -> list[str]:
    """Split a text into lower-case words with a meaning, in its order, with `BREAK` where a phrase ends.

    English function words are left out and contractions of "not" become "not"; a particle is joined to its
    verb ("top_up"), for "up pending" is no phrase. A phrase ends at punctuation, a number, a placeholder, and a word
    that opens a clause, subjects such as "I" included, but not in "a payment I don't recognise" (`find_object_clauses`). In scripts
    without spaces each character (with its marks) is a word of its own. No word contains a digit. The first 2,000 characters are
    read.

    >>> split("My refund hasn't arrived, 3 weeks!")
    ['refund', 'not', 'arrived', '', 'weeks', '']
    """
    return spell(text).words


def spell(text: str) -> Spelling:
    """Split a text as `split` does, and keep what was written, with the function words."""
    plain = _PLACEHOLDER.sub(" | ", text[:_READ]).replace("’", "'")
    written = _PLAIN.findall(plain) if plain.isascii() else _segment(plain)
    stop, words, owners = _stop_words(), list[str](), list[int]()
    lowered = [token.lower() for token in written]
    clauses = find_object_clauses(lowered, stop)
    for at, raw in enumerate(lowered):
        word = raw
        if _NEGATED.search(word):
            word = "cannot" if word in {"can't", "cant"} else "not"
        elif "'" in word:
            # The elided article of "l'argent" and the ending of "card's" have no meaning of their own.
            word = max(word.split("'"), key=len)
        last = words[-1] if words else BREAK
        owners.append(-1)
        if word in _PARTICLES and last:
            words[-1] = last if last.endswith(f"_{word}") else f"{last}_{word}"
            owners[-1] = len(words) - 1
        elif at in clauses.pronouns:
            continue
        elif raw.split("'")[0] in _CLAUSES or not _is_word(word):
            if last:
                words.append(BREAK)
        elif raw in _AMOUNTS and lowered[max(0, len(owners) - 2)] == "how":
            continue
        elif (
            (word not in stop or at in clauses.verbs)
            and (len(word) > 1 or is_unspaced(word))
            and len(word) <= _LONGEST_WORD
            and last != word
        ):
            words.append(word)
            owners[-1] = len(words) - 1
    return Spelling(words, written, lowered, owners)


def stem(word: str) -> str:
    """Remove the usual endings of English words, so that "transfers", "transferred" and "transferring" count as one word.

    >>> [stem(word) for word in ("transfers", "transferred", "received", "receive", "verified", "verify")]
    ['transfer', 'transfer', 'receiv', 'receiv', 'verif', 'verif']
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            return (
                word[:-1] if ending in ("ed", "ing") and len(word) > _SHORTEST_STEM and word[-1] == word[-2] else word
            )
    return word


def is_unspaced(word: str) -> bool:
    """Return whether a word is a character of a script that writes no spaces."""
    return not word.isascii() and _kind(word[0]) == "unspaced"


def is_function_word(token: str) -> bool:
    """Return whether a lower-case token is a function word, a greeting or a filler of English, such as "the" or "that's"."""
    return max(token.split("'"), key=len) in _stop_words()


def opens_clause(token: str) -> bool:
    """Return whether a lower-case token opens a clause, or is its subject, such as "because" or "I"."""
    return token.split("'", maxsplit=1)[0] in _CLAUSES


@cache
def _stop_words() -> frozenset[str]:
    """Return the usual English stop words with greetings and fillers, without those that express the complaint."""
    return frozenset((ENGLISH_STOP_WORDS | _GREETINGS | _FILLERS) - _MEANINGFUL)


def _is_word(word: str) -> bool:
    return "a" <= word[0] <= "z" if word.isascii() else _kind(word[0]) in {"letter", "unspaced"}


def _segment(text: str) -> list[str]:
    """Split a text that is not plain ASCII into words and breaks: letters with their marks, unspaced characters one by one."""
    found: list[str] = []
    joined = False
    for character in unicodedata.normalize("NFC", text):
        kind = _kind(character)
        if kind == "mark":
            # Marks and joiners belong to the character before them.
            if joined:
                found[-1] += character
        elif kind == "letter":
            if joined and not is_unspaced(found[-1]):
                found[-1] += character
            else:
                found.append(character)
            joined = True
        elif kind == "space":
            joined = False
        else:
            found.append(character)
            joined = kind == "unspaced"
    return found


@lru_cache(maxsize=65_536)
def _kind(character: str) -> str:
    """Classify a character by Unicode's general category: letter, unspaced, mark, space, or break."""
    category = unicodedata.category(character)
    if character in "-'\u200b" or category in {"Zs", "Cc"}:
        return "space"
    if category[0] == "M" or category == "Cf":
        return "mark"
    if category[0] != "L":
        return "break"
    # The Japanese mark of a long vowel is a letter that cannot begin a word.
    if character == "ー":
        return "mark"
    return "unspaced" if _UNSPACED.match(unicodedata.name(character, "")) else "letter"
