"""Tests of signs: a kind without a sign in a text is searched for in vain, whatever the text is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.redaction.linear_pattern import LinearPattern, literal
from models.redaction.ordinary import possible_kinds
from models.redaction.recognizers import RECOGNIZERS
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import sign_text
from models.redaction.signs import NEAR_CARD, signed_kinds
from models.redaction.vocabulary import plain_letters, vocabulary

_WORDS = (
    "card", "phone", "call me at", "cvv", "security code is", "the back", "pin", "code", "ssn", "passport no", "Kontonummer", "conta",
    "ag", "IBAN", "serial number", "IMEI", "ip", "mail", "at", "dot", "password:", "token", "key=", "exp", "valid thru", "número",
    "señal",    "numarası", "карта", "tag 57", "5A 08", "one", "two", "three", "my", "order", "and", "“", "€",
)  # fmt: skip
_VALUES = (
    "4111 1111 1111 1111", "378282246310005", "12/29", "737", "1 2 3", "078-05-1120", "AB123456", "12345678", "+49 151 23456789",
    "(415) 555-2671", "0151-23456789", "DE89 3704 0044 0532 0130 00", "1.2.3.4", "2001:db8::1", "00:1A:2B:3C:4D:5E", "490154203237518",
    "ana@example.com", "k7Hq2-Wz9x", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "482913", "SBIN0ABC123", "BNZAA2318J", "[CARD]",
    "378l 822463 10005",
)  # fmt: skip
_TEXTS = st.lists(st.sampled_from(_WORDS) | st.sampled_from(_VALUES) | st.text(max_size=3), max_size=6).flatmap(
    lambda parts: st.sampled_from((" ", "\n", ", ", "", ": ")).map(lambda between: between.join(parts))
)


@settings(max_examples=100, deadline=None)
@given(text=_TEXTS)
def test_recognizers_of_kinds_without_a_sign_find_nothing(text: str) -> None:
    """Every recognizer that finds something in a text is of a kind that has a sign in it, or of one that is next to cards."""
    signs = sign_text(text)
    if signs is not None:
        kinds = signed_kinds(text, signs)
        found = {one.kind for one in RECOGNIZERS if one.spans(text)}
        assert found - kinds <= (NEAR_CARD if "CARD" in kinds else frozenset())


@settings(max_examples=80, deadline=None)
@given(parts=st.lists(_TEXTS, max_size=4))
def test_texts_that_are_ordinary_together_are_ordinary_alone(parts: list[str]) -> None:
    """No sign of a text is lost when it is looked at with others, a line each."""
    if possible_kinds("\n".join(parts)) == frozenset():
        for part in parts:
            assert possible_kinds(part) == frozenset()


@settings(max_examples=80, deadline=None)
@given(text=_TEXTS, name=st.sampled_from(("phone", "national_id", "account")))
def test_a_word_of_a_vocabulary_has_a_sign(text: str, name: str) -> None:
    """Where a vocabulary finds a word, its patterns for a fast answer occur, with the accents of letters removed either way."""
    signs, words = sign_text(text), vocabulary(name)
    if signs is not None and words.last(text) is not None:
        assert LinearPattern(*words.signs()).occurs_in(signs.flat)
        assert len(signs.lower) == len(signs.flat) == len(text)


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec="latin-1") | st.sampled_from("ıİŞğжЙ"), max_size=20))
def test_letters_lose_the_same_accents_for_signs_as_for_vocabularies(text: str) -> None:
    """A text for signs is what vocabularies compare, but for the dotless letter of Turkish and signs that are no letters."""
    signs = sign_text(text)
    if signs is not None:
        compared = plain_letters(text.replace("İ", "i")).replace("\u0131", "i")
        assert re.findall(r"[^\W\d_]+", signs.flat) == re.findall(r"[^\W\d_]+", compared)


def test_half_a_surrogate_pair_has_no_signs() -> None:
    """A text that is no Unicode is searched by every recognizer, since no pattern is looked for in it."""
    assert sign_text("card 4111 \ud83d") is None
    assert possible_kinds("card 4111 \ud83d") is None
    assert not LinearPattern("card").occurs_in("card \ud83d")


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=12))
def test_a_literal_occurs_where_its_text_does(text: str) -> None:
    """Every sign of a text that means something in patterns is escaped."""
    assert LinearPattern(literal(text)).occurs_in(f"a{text}b")
    assert re.search(literal(text), f"a{text}b")


@pytest.mark.parametrize(
    "word",
    ["pass", "passed", "pin", "ping", "expires", "express", "tan", "stand", "invalid", "valid", "scad", "cascade"],
)
@pytest.mark.parametrize("around", ["{}", "my {}", "{} is", "my {}.\n", "x{}x", "mail {}"])
def test_hints_are_confirmed_alike_by_both_engines(word: str, around: str) -> None:
    """A hint that has to continue in some way counts for a fast answer where it counts for the list of hints."""
    text = around.format(word)
    hints = HintWords(["pass", "pin", "exp", "tan", "valid", "scad", "mail"])
    assert hints.occur_in(text) == bool(list(hints.all_in(text)))


def test_no_pattern_is_found_where_there_is_none() -> None:
    """Without alternatives, nothing occurs."""
    assert not LinearPattern().occurs_in("anything")
