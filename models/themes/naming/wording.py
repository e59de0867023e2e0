"""How tickets write a phrase, shortened as in a headline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from models.themes.naming.words import Spelling, is_function_word, is_unspaced, opens_clause, words_of

_DETERMINERS = words_of("a an the my your our their his her its this that these those some any")
_DROPPED = _DETERMINERS | words_of(
    "me us him them just really even so very too also please simply actually already currently now"
)
"""Words that a headline leaves out."""

_BE = words_of("is are was were am isn't aren't wasn't weren't isnt arent wasnt werent")
_HAVE = words_of("has have had hasn't haven't hadn't hasnt havent hadnt")
_NEGATED = ("n't", "nt")
_MODALS = words_of("to will would can could should might must cannot can't cant won't wont couldn't wouldn't shouldn't")
_INVERTING = words_of("do does did will would can could should don't doesn't didn't won't can't couldn't wouldn't")
_CONTINUING = _DETERMINERS | words_of("of")
"""Function words after which a phrase goes on: "proof of", "link my"."""

_CANNOT = words_of("can't cant")
_BEING = words_of("being")
_BEEN = words_of("been") | _BEING
_CHANGED = _BE | _HAVE | _CANNOT | _BEEN
_ASKING = words_of("why how when where what")
_SUPPOSING = words_of("will would can could should might")
_SPEAKERS = words_of("i we")
_CAPITALS = words_of("i")
_UNFIT = words_of("between either")
"""The phrase ends at the "and" or "or" that these need."""

_STOPS = frozenset(".!?:|")
_DENIALS = words_of("not never")
_DENIALS_BEFORE = words_of("not never cannot no without")
_DENYING = [["not"], ["never"]]
_IRREGULAR = words_of("got gotten paid sent seen given")
"""Participles without the ending -ed."""


def headline(spelling: Spelling, start: int, end: int) -> list[str] | None:
    """Write the words at `start` to `end` (inclusive) of a text as a headline does: without articles and without forms of "be".

    Returns the words, or None where the text does not say them as one phrase: a subject and its verb after "did" or "will" are no
    clause of their own ("did my refund arrive"), and what will or would be is no problem.
    What somebody has "not received" is put first ("refund not received").

    >>> from models.themes.naming.words import spell
    >>> " ".join(headline(spell("I was charged a fee for withdrawing cash"), 0, 3))
    'charged fee for withdrawing cash'
    >>> " ".join(headline(spell("I still haven't received my refund"), 0, 3))
    'refund still not received'
    """
    owners, written, lowered = spelling.owners, spelling.written, spelling.lowered
    first = owners.index(start)
    last = first if start == end else owners.index(end, first)
    while last + 1 < len(owners) and end in owners[last + 1 :]:
        last = owners.index(end, last + 1)
    if _is_question(lowered, first):
        return None
    kept: list[str] = []
    for at in range(first, last + 1):
        word = _written(spelling, at, kept)
        if word is None:
            return None
        if word:
            kept.append(word)
    if kept and _begins_sentence(written, first) and kept[0][1:] == kept[0][1:].lower():
        kept[0] = kept[0].lower()
    if kept and kept[-1].endswith("'s"):
        kept[-1] = f"{kept[-1][:-2]}s"
    return _object_first(kept)


def is_denied(spelling: Spelling, start: int) -> bool:
    """Return whether a negation is before the phrase that begins with word `start`, so that the phrase alone says the opposite.

    >>> from models.themes.naming.words import spell
    >>> is_denied(spell("why isn't my deposit showing up"), 1)
    True
    """
    at = spelling.owners.index(start) - 1
    while (
        at >= 0
        and spelling.owners[at] < 0
        and spelling.lowered[at].isalpha()
        and not opens_clause(spelling.lowered[at])
    ):
        at -= 1
    return at >= 0 and spelling.owners[at] >= 0 and spelling.words[spelling.owners[at]] in _DENIALS_BEFORE


def phrase_edges(spelling: Spelling) -> tuple[list[bool], list[bool]]:
    """Return for each word whether a phrase may begin with it, and whether one may end with it.

    It begins after a function word or a break. It ends before a break, a preposition or the like; not before "of" or an article.
    """
    begins, ends = [True] * len(spelling.words), [True] * len(spelling.words)
    before = -1
    for token, owner in zip(spelling.lowered, spelling.owners, strict=True):
        if before >= 0 and owner != before and not is_unspaced(spelling.words[before]):
            ends[before] = owner < 0 and token not in _CONTINUING
            begins[owner] = begins[owner] and owner < 0
        before = owner
    return begins, ends


def commonest(headlines: Sequence[Sequence[str]]) -> str:
    """Return the most frequent of some headlines, each word in the case that most of them write it in; "" without any.

    A text in capitals says nothing about the case of its words.

    >>> commonest([["Cash", "from", "ATM"], ["cash", "from", "ATM"], ["CASH", "FROM", "ATM"]])
    'cash from ATM'
    """
    if not headlines:
        return ""
    if len(headlines) == 1:
        alone = " ".join(headlines[0])
        return alone.lower() if alone.isupper() else alone
    counted = Counter(" ".join(words).lower() for words in headlines)
    chosen = min(counted, key=lambda one: (-counted[one], len(one), one))
    same = [words for words in headlines if " ".join(words).lower() == chosen and not " ".join(words).isupper()]
    return " ".join(_case([words[at] for words in same], word) for at, word in enumerate(chosen.split(" ")))


def _case(written: Sequence[str], word: str) -> str:
    counted = Counter(written)
    return min(counted, key=lambda one: (-counted[one], one != word, one), default=word)


def _begins_sentence(written: Sequence[str], first: int) -> bool:
    return first == 0 or written[first - 1] in _STOPS


def _written(spelling: Spelling, at: int, kept: Sequence[str]) -> str | None:
    """Return how a headline writes a token after the words `kept`: "" where it is left out, None where it makes no phrase."""
    lowered, own = spelling.lowered, spelling.owners[at] >= 0
    token, following = lowered[at], lowered[at + 1 : at + 2]
    if token in _UNFIT or (token in _SUPPOSING and following != ["not"]):
        return None
    if token in _CHANGED:
        return _changed(lowered, at, kept)
    if not own and (token in _DROPPED or token == lowered[at - 1]):
        return ""
    if not own and token in _CAPITALS:
        return token.upper()
    if not own and not is_function_word(token):
        # An initial, or what is too long for a word: it may say who writes.
        return None
    return spelling.written[at][:-2] if token.endswith("'s") and following in _DENYING else spelling.written[at]


def _changed(lowered: Sequence[str], at: int, kept: Sequence[str]) -> str:
    """Return what a headline writes for "cannot" and forms of "be" and "have"; empty where they are left out."""
    token = lowered[at]
    if token in _CANNOT:
        return "cannot"
    if token in _BEEN:
        # "Has my card been delivered" is "card delivered"; "keeps being declined" stays.
        return token if token in _BEING and kept and lowered[at - 1] not in _BE and kept[-1] not in _DENIALS else ""
    following = lowered[at + 1] if at + 1 < len(lowered) else ""
    if kept and kept[-1].lower() in _SPEAKERS:
        return token
    stays = (kept and kept[-1] in _MODALS) or following in _DETERMINERS or (token in _HAVE and following == "to")
    if stays and (kept or not token.endswith(_NEGATED)):
        return token
    return "not" if token.endswith(_NEGATED) else ""


def _is_question(lowered: Sequence[str], first: int) -> bool:
    """Return whether a phrase is the subject and verb of a question: "did my refund arrive", "hasn't my refund arrived"."""
    before = first - 1
    if (
        (lowered[first] in _CHANGED or lowered[first] in _INVERTING)
        and first + 1 < len(lowered)
        and lowered[first + 1] in _DETERMINERS
    ):
        return before < 0 or lowered[before] in _ASKING
    while before >= 0 and lowered[before] in _DETERMINERS:
        before -= 1
    return before >= 0 and lowered[before] in _INVERTING


def _object_first(words: list[str]) -> list[str]:
    """Write "refund not received" for "not received refund"."""
    denial = 1 if words and words[0].lower() == "still" else 0
    verb = denial + 1
    if len(words) > verb + 1 and words[denial].lower() in _DENIALS:
        participle = words[verb].lower()
        if participle.endswith("ed") or participle in _IRREGULAR:
            return [*words[verb + 1 :], *words[: verb + 1]]
    return words
