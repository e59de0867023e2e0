"""Requesters are kept only as keyed hashes."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand.requesters import is_no_reply, kind_by_requester
from models.requester import normalized_requester
from stream.requester import hash_requester, load_or_make_key, seal_requester


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_equal_people_stay_equal_and_others_differ(one, two, key):
    """Under one key two hashes are equal exactly when the requesters' normalized texts are; nothing of the name is in them."""
    assert (hash_requester(one, key) == hash_requester(two, key)) == (
        normalized_requester(one) == normalized_requester(two)
    )
    assert len(hash_requester(one, key)) == 32


def test_another_key_gives_another_hash():
    """Without the key nobody can look a requester up."""
    assert hash_requester("ana@example.com", b"a" * 32) != hash_requester("ana@example.com", b"b" * 32)


def test_the_key_is_made_once_and_is_private(tmp_path):
    """The first start makes the key, later ones read it; only its owner may."""
    path = tmp_path / "data" / "requester.key"
    key = load_or_make_key(path)
    assert len(key) == 32
    assert load_or_make_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_starting_at_once_agrees_on_one_key(tmp_path):
    """Processes that start together get the same key."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_make_key, [tmp_path / "requester.key"] * 16))
    assert len(keys) == 1


@pytest.mark.parametrize(
    "requester",
    ["ana@example.com", "MAILER-DAEMON@mx.example", "Do not reply <no-reply@shop.example>", "bounce+53@x", "r-1"],
)
def test_a_sealed_requester_says_no_more_than_what_kind_of_address_it_was(requester):
    """A seal has the hash of the requester, also when it is sealed again, and is classified as the requester is."""
    key = b"k" * 32
    sealed = seal_requester(requester, key)
    assert requester not in sealed
    assert "example" not in sealed
    assert hash_requester(sealed, key) == hash_requester(requester, key)
    assert seal_requester(sealed, key) == sealed
    assert (kind_by_requester(sealed), is_no_reply(sealed)) == (kind_by_requester(requester), is_no_reply(requester))
