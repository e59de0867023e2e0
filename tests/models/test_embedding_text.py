"""The text that is embedded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import ticket_text


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("My card was swall", "My card was swallowed by the machine", "My card was swallowed by the machine"),
        ("My card was swall...", "my card was  swallowed", "my card was swallowed"),
        ("Refund missing", "I cancelled on Monday", "Refund missing. I cancelled on Monday"),
        ("Where is it?", "I cancelled on Monday", "Where is it? I cancelled on Monday"),
        ("Refund", "Hello team, where is my money?", "Refund. where is my money?"),
        ("", "only a body", "only a body"),
        ("only a title", "", "only a title"),
        ("", "", ""),
        ("Hi", "Hi there!", "Hi there!"),
        ("Still", "No answer.\n> old words\nOn Mon, 2 Nov Ann wrote:\nolder words", "Still. No answer."),
        ("History", "High fees were taken", "History. High fees were taken"),
    ],
)
def test_title_and_body_become_one_text(title, body, expected):
    """A title cut from the body adds nothing; greetings and quotations are set aside."""
    assert ticket_text(title, body) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_words_are_never_lost_altogether(title, body):
    """A ticket that says anything keeps a text, with its spaces made single."""
    text = ticket_text(title, body)
    assert bool(text) == bool((title + body).strip())
    assert text == " ".join(text.split())
