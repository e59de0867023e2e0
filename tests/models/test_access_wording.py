"""Names and keywords of themes for people with a limited scope."""

from hypothesis import given
from hypothesis import strategies as st

from models.access.wording import FUNCTION_WORDS, SeenWords, keywords_for, name_for

WORDS = st.sampled_from(
    ["refund", "acme", "top-up", "4.1", "payout", "Ärger", "the", "to", "not", "退款", "未到", "🔥", "_", "—"]
)
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=5)


@given(name=st.lists(WORDS, min_size=1, max_size=5).map(" ".join), texts=TEXTS, pinned=st.booleans())
def test_a_name_that_a_machine_made_shows_no_word_of_other_tickets(name: str, texts: list[str], pinned: bool) -> None:  # noqa: FBT001 (drawn)
    """Each word of a name that is shown occurs in a text of the scope, unless a person gave the name."""
    shown = name_for(7, name, pinned=pinned, seen=SeenWords(texts))
    if shown != "Theme 7" and not pinned:
        told = [word for word in name.split() if word.casefold() not in FUNCTION_WORDS and word not in ("_", "—")]
        assert told
        assert all(any(word.casefold() in text.casefold() for text in texts) for word in told)
    assert shown in (name, "Theme 7")
    assert not pinned or shown == name


@given(text=st.text(min_size=1), texts=st.lists(st.text(), max_size=4))
def test_a_text_that_is_held_consists_of_words_of_the_texts(text: str, texts: list[str]) -> None:
    """Whatever characters there are, nothing is held by no texts, and a text that has words is held by itself."""
    assert not SeenWords([]).holds(text)
    if SeenWords(texts).holds(text):
        assert SeenWords([*texts, "more"]).holds(text)
        assert SeenWords([text]).holds(text)


def test_words_are_compared_as_people_read_them() -> None:
    """Case, punctuation and hyphens do not matter; parts of words, and words of two texts next to each other, do."""
    seen = SeenWords(["My top-up was DECLINED twice.", "App 38.1.0 closes", "退款一直未到账"])
    assert seen.holds("Top-up declined")
    assert seen.holds("The app 38.1.0")
    assert seen.holds("退款")
    assert not seen.holds("Decline")
    assert not seen.holds("twice-app")
    assert not seen.holds("退款失败")
    assert not seen.holds("")
    assert not seen.holds("of the")
    assert not seen.holds("declined 🔥")
    assert keywords_for(("declined", "vendor acme", "38.1.0"), seen) == ("declined", "38.1.0")
