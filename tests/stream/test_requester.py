"""Requesters are kept only as keyed hashes."""

import stat
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from stream.requester import hash_requester, load_or_make_key


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_equal_people_stay_equal_and_others_differ(one, two, key):
    """Under one key two hashes are equal exactly when the requesters are; nothing of the name is in them."""
    assert (hash_requester(one, key) == hash_requester(two, key)) == (one == two)
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
