"""Passages: quotations are found by their words, and nothing else is touched."""

from hypothesis import given
from hypothesis import strategies as st

from store.erasure.passages import REMOVED, Passages

TEXT = "My parcel from Lyon arrived broken, and nobody answers the phone."


def test_a_quotation_is_removed_whatever_its_case_and_punctuation():
    """Five words in a row are a quotation, however they are written."""
    passages = Passages([TEXT])
    note = 'Ana says: "MY PARCEL -- from lyon arrived BROKEN", see T-1.'
    assert passages.removed_from(note) == f'Ana says: "{REMOVED}", see T-1.'


def test_a_phrase_of_many_people_stays():
    """Fewer than five words in a row are no quotation."""
    note = "Parcel from Lyon arrived late; nobody answers the phone line."
    assert Passages([TEXT]).removed_from("Parcel from Lyon arrived late") == "Parcel from Lyon arrived late"
    assert Passages([TEXT]).removed_from(note) == note


def test_a_short_text_is_found_as_a_whole():
    """A title of four words is looked for, and one of three is not."""
    assert Passages(["Kite lost near harbour"]).removed_from("a kite lost near harbour?") == f"a {REMOVED}?"
    assert not Passages(["Kite lost"])


def test_values_of_json_are_searched_and_keys_stay():
    """Texts at any depth are searched."""
    value = {"a": [TEXT, 1, None, {"my parcel from Lyon arrived": f"x {TEXT}"}]}
    assert Passages([TEXT]).removed_from_value(value) == {
        "a": [f"{REMOVED}.", 1, None, {"my parcel from Lyon arrived": f"x {REMOVED}."}]
    }


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "Epsilon", "ζ", "七"]), min_size=5, max_size=30)


@given(WORDS, WORDS)
def test_no_run_of_five_words_is_left(text: list[str], note: list[str]):
    """What is left of a note has no five words in a row of the text; a note without any is left as it is."""
    passages = Passages([" ".join(text)])
    runs = {tuple(text[at : at + 5]) for at in range(len(text) - 4)}
    left = passages.removed_from(" ".join(note))
    parts = [part.split() for part in left.split(REMOVED)]
    assert not any(tuple(part[at : at + 5]) in runs for part in parts for at in range(len(part) - 4))
    if not any(tuple(note[at : at + 5]) in runs for at in range(len(note) - 4)):
        assert left == " ".join(note)
