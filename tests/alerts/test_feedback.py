"""Feedback: links that only their receiver has, verdicts that count once, and the precision that follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FeedbackLinkExpired, FeedbackLinkInvalid
from alerts.feedback import FeedbackItem, FeedbackLinks
from models.feedback import FeedbackVerdict, FeedbackVote, precision_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ITEM = FeedbackItem(subject="alert:7", audience="brazil", rule="spike", theme_id=4)


def links(at: datetime = NOON, key: bytes = b"k" * 32) -> FeedbackLinks:
    """Links that are valid for thirty days, as of a time."""
    return FeedbackLinks(address="https://gs.example.com/", key=key, lifetime=timedelta(days=30), clock=lambda: at)


def token(verdict: FeedbackVerdict = FeedbackVerdict.USEFUL) -> str:
    """The last part of a link that was made at noon."""
    return links().links(ITEM)[verdict].rpartition("/")[2]


def test_there_is_one_link_for_each_verdict():
    """Each names the console, and is read as what it was made for."""
    made = links().links(ITEM)
    assert list(made) == list(FeedbackVerdict)
    for verdict, address in made.items():
        assert address.startswith("https://gs.example.com/feedback/")
        request = links().read(address.rpartition("/")[2])
        assert (request.item, request.verdict) == (ITEM, verdict)


def test_a_link_expires():
    """It is valid to its last second, and not after it."""
    assert links(NOON + timedelta(days=30)).read(token()).item == ITEM
    with pytest.raises(FeedbackLinkExpired, match="valid until 2026-12-20 12:00 UTC"):
        links(NOON + timedelta(days=30, seconds=1)).read(token())


def test_a_link_of_another_key_is_refused():
    """Nobody votes with what another installation signed."""
    with pytest.raises(FeedbackLinkInvalid, match="did not sign"):
        links(key=b"o" * 32).read(token())


@given(st.integers(0, 200), st.characters(codec="ascii", min_codepoint=33))
def test_a_changed_link_never_says_anything_else(at: int, other: str):
    """No change of a character makes a link that says anything else."""
    made = token()
    at %= len(made)
    try:
        request = links().read(made[:at] + other + made[at + 1 :])
    except FeedbackLinkInvalid:
        return
    # The last character of base64 has bits that do not count: such a link says the same.
    assert (request.item, request.verdict) == (ITEM, FeedbackVerdict.USEFUL)


@given(st.text(max_size=60))
def test_what_is_no_link_is_refused(text: str):
    """Any text that was not signed is refused in a sentence."""
    with pytest.raises(FeedbackLinkInvalid):
        links().read(text)


def vote(verdict: str, *, rule: str = "spike", audience: str = "brazil", days: int = 0) -> FeedbackVote:
    """A verdict, some days after the Friday."""
    return FeedbackVote(
        subject="alert:7", audience=audience, verdict=FeedbackVerdict(verdict), rule=rule, theme_id=4,
        at=NOON + timedelta(days=days),
    )  # fmt: skip


def test_precision_is_the_share_of_useful_ones_by_rule_audience_and_week():
    """A wrong team counts against the audience that received it; weeks begin on Monday."""
    votes = [
        vote("useful"), vote("useful"), vote("not_useful"), vote("wrong_team", days=2),
        vote("useful", days=3), vote("not_useful", rule="new_theme"),
    ]  # fmt: skip
    found = {(one.rule, one.week): one for one in precision_of(votes)}
    assert list(found) == [("new_theme", "2026-11-16"), ("spike", "2026-11-16"), ("spike", "2026-11-23")]
    one = found["spike", "2026-11-16"]
    assert (one.useful, one.not_useful, one.wrong_team, one.precision) == (2, 1, 1, 0.5)
    # Wilson's interval of 2 of 4, from Wilson (1927) with z = 1.96.
    assert (round(one.low, 3), round(one.high, 3)) == (0.15, 0.85)
    assert found["new_theme", "2026-11-16"].precision == 0.0


def test_no_verdict_has_no_precision():
    """Nothing is divided by nothing."""
    assert precision_of([]) == []
