"""Requesters: the writings of one person's address give one hash, and other people have others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.requester import keyed_hash, normalized_requester, requester_hash, requester_hashes

KEY = b"k" * 32


@pytest.mark.parametrize(
    "writing",
    [
        "ana@example.com", " Ana@Example.COM\n", "mailto:ana@example.com", "MAILTO:ANA@EXAMPLE.COM?subject=Hi",
        "Ana Gomez <ana@example.com>",
        '"Gomez, Ana" <Ana@example.com>', "<ana@example.com>", "ana@example.com (Ana Gomez)",
        "ana%40example.com", "mailto:ana%40example.com",
        "mailto%3Aana%40example.com", "\uff41na\uff20example.com", "ana\u200b@example.com", "'ana@example.com'", "ana@example.com.",
        "Ana <mailto:ana@example.com>", "ana@example.com;", "\ufeffana@example.com",
    ],
)  # fmt: skip
def test_writings_of_one_address_are_one_requester(writing):
    """However a system writes an address, the person is the same one."""
    assert normalized_requester(writing) == "ana@example.com"
    assert requester_hash(writing, KEY) == requester_hash("ana@example.com", KEY)


@pytest.mark.parametrize(
    "writing", ["a.na@gmail.com", "ana+shop@gmail.com", "ANA@googlemail.com", "Ana <a.n.a+x+y@GoogleMail.com>"]
)
def test_writings_of_one_gmail_address_are_one_requester(writing):
    """Google delivers all of them to one mailbox, and says so."""
    assert normalized_requester(writing) == "ana@gmail.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.na@example.com", "ana@example.com"), ("ana+shop@example.com", "ana@example.com"), ("ana@example.com", "ana@example.org"),
        ("U1aB", "U1ab"), ("ana@example.com, bob@example.com", "ana@example.com"), ("4155552671", "+14155552671"), ("+", "-"),
        ("+gmail@gmail.com", "@gmail.com"),
    ],
)  # fmt: skip
def test_other_requesters_have_other_hashes(one, other):
    """Only what is certain is one person: dots and tags of other providers, and the case of ids, make a difference."""
    assert requester_hash(one, KEY) != requester_hash(other, KEY)


@pytest.mark.parametrize(
    ("writing", "region"),
    [
        ("+49 151 23456789", None), ("0049 151 23456789", None), ("tel:+49-151-23456789", None), ("whatsapp:+4915123456789", None),
        ("+49 (0) 151 / 23456789", None), ("0151 23456789", "DE"), ("(0151) 234-56789", "DE"), ("sms:+4915123456789", "US"),
    ],
)  # fmt: skip
def test_writings_of_one_telephone_number_are_one_requester(writing, region):
    """A number that names its country, or is of the one country of the installation, is hashed in E.164."""
    assert normalized_requester(writing, region) == "+4915123456789"


@given(st.text(), st.sampled_from([None, "US", "DE"]))
def test_normalizing_a_requester_twice_changes_nothing(text, region):
    """A requester that was normalized once keeps its hash."""
    plain = normalized_requester(text, region)
    assert normalized_requester(plain, region) == plain


def test_a_requester_is_found_under_earlier_hashes():
    """Databases hold hashes of texts as they were received; erasure has to find these, too."""
    found = requester_hashes(" Ana@Example.com", KEY)
    assert found[0] == requester_hash("ana@example.com", KEY)
    assert {keyed_hash(one, KEY) for one in (" Ana@Example.com", "Ana@Example.com", "ana@example.com")} <= set(found)
