"""Recipients: the owner acts, subscribers also see, and each is notified once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.match import Match
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.recipients import recipients_of
from alerts.subscriptions import RecipientFacts, Subscription
from models.alert import AlertKind
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from pipelines.launches.concerned import launches_concerned

LISBON = Match({"vendor": frozenset({"lisbon"})})
AUDIENCES = (
    Audience("brazil", Match({"region": frozenset({"BR"})})),
    Audience("launch-desk", subscriptions=(Subscription(launches=True),)),
    Audience("vendor", subscriptions=(Subscription(match=LISBON, share=0.3, kinds=frozenset({AlertKind.SPIKE})),)),
    Audience("leadership", subscriptions=(Subscription(everything=True),)),
    Audience(EVERYONE),
)
OWNERSHIP = Ownership(AUDIENCES)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def facts(
    kind: AlertKind | None = AlertKind.SPIKE, lisbon: int = 0, other: int = 10, launches: tuple[str, ...] = ()
) -> RecipientFacts:
    """Facts of a theme with so many tickets of the vendor in Lisbon, and so many others."""
    mix = Counter({Segment.of({"vendor": "lisbon"}): lisbon, Segment.of({"region": "BR"}): other})
    return RecipientFacts(kind=kind, theme_id=7, name="Pix pending", mix=mix, launches=launches)


def names(ownership: Ownership, owner: str, about: RecipientFacts) -> list[str]:
    """Names of the recipients."""
    return [one.audience for one in recipients_of(ownership, owner, about)]


def test_the_owner_is_first_and_a_subscriber_to_everything_also_sees_it():
    """The owner must act; leadership sees it with the reason, and does not act."""
    owner, leadership = recipients_of(OWNERSHIP, "brazil", facts())
    assert (owner.audience, owner.why, owner.acts) == ("brazil", "owner", True)
    assert (leadership.audience, leadership.why, leadership.acts) == ("leadership", "subscribed to everything", False)


def test_what_a_launch_concerns_reaches_its_subscribers_whoever_owns_it():
    """The launch desk is notified of what is above a plan, with the launch's title."""
    found = recipients_of(OWNERSHIP, "brazil", facts(AlertKind.LAUNCH_EXCESS, launches=("Coins sale",)))
    assert [one.audience for one in found] == ["brazil", "launch-desk", "leadership"]
    assert found[1].why == "subscribed to launches, and it concerns Coins sale"


def test_a_vendor_manager_sees_what_the_vendor_has_enough_of():
    """The share of tickets decides, and so does the kind of the alert."""
    assert "vendor" in names(OWNERSHIP, "brazil", facts(lisbon=3, other=7))
    assert "vendor" not in names(OWNERSHIP, "brazil", facts(lisbon=2, other=8))
    assert "vendor" not in names(OWNERSHIP, "brazil", facts(AlertKind.NEW_THEME, lisbon=9, other=1))
    assert "vendor" in names(OWNERSHIP, "brazil", facts(None, lisbon=9, other=1))


def test_an_owner_that_the_file_no_longer_has_is_replaced_by_everyone():
    """Somebody must act."""
    assert names(OWNERSHIP, "gone", facts())[0] == EVERYONE


@given(
    st.sampled_from([one.name for one in AUDIENCES]),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from([(), ("Sale",)]),
)
def test_exactly_one_audience_acts_and_none_is_notified_twice(
    owner: str, lisbon: int, other: int, launches: tuple[str, ...]
):
    """Subscriptions add audiences; they never take the owner away."""
    found = recipients_of(OWNERSHIP, owner, facts(lisbon=lisbon, other=other, launches=launches))
    assert [one.audience for one in found if one.acts] == [owner]
    assert len({one.audience for one in found}) == len(found)


def launch(scope: Segment, launch_id: str = "L1") -> Launch:
    """A launch from 10:00 to 14:00."""
    window = NOON - timedelta(hours=2), NOON + timedelta(hours=2)
    return Launch(launch_id, "launch", f"Title {launch_id}", *window, scope, 0.2, ())


@pytest.mark.parametrize(
    ("scope", "at", "expected"),
    [
        (Segment.of({"region": "BR"}), NOON, ("Title L1",)),
        (Segment.of({"region": "US"}), NOON, ()),
        (EVERYTHING, NOON, ("Title L1",)),
        (Segment.of({"region": "BR"}), NOON - timedelta(hours=3), ()),
        (Segment.of({"region": "BR"}), NOON + timedelta(hours=3), ("Title L1",)),
        (Segment.of({"region": "BR"}), NOON + timedelta(hours=5), ()),
    ],
)
def test_a_running_launch_concerns_what_is_mostly_in_its_scope(scope: Segment, at: datetime, expected: tuple[str, ...]):
    """It concerns tickets from its start until two hours after its end."""
    mix = Counter({Segment.of({"region": "BR"}): 6, Segment.of({"region": "GB"}): 4})
    assert launches_concerned([launch(scope)], at, mix) == expected


def test_a_plan_concerns_what_is_above_it_and_the_themes_that_it_names():
    """Neither needs to be in the scope."""
    mix = Counter({Segment.of({"region": "GB"}): 4})
    far = launch(Segment.of({"region": "US"}))
    assert launches_concerned([far], NOON, mix, exceeded="L1") == ("Title L1",)
    assert launches_concerned([far], NOON, mix, theme_id=7, themes_of={"L1": {7}}) == ("Title L1",)
    assert launches_concerned([far], NOON, mix, theme_id=8, themes_of={"L1": {7}}) == ()
