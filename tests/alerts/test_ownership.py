from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import alerts
from alerts.errors import OwnershipInvalid
from alerts.match import Match
from alerts.ownership import Audience, Ownership
from alerts.ownership_file import read_ownership
from models.segment import Segment

CONFIGS = Path(__file__).parent / "configs"

OFFENDERS = {
    "bad-channel-undefined": "audience 'brazil': channels: undefined channel 'pigeon'",
    "bad-dimension-unknown": "audience 'brazil': match: received the dimension 'regoin'",
    "bad-everyone-has-a-match": "audience 'everyone': match: everyone gets what nobody owns",
    "bad-false-alerts-none": "audience 'brazil': false_alerts_per_week: received 0",
    "bad-kinds-unknown": "audience 'desk': subscription 1: kinds: received ['boom']; valid is a list out of new_theme,",
    "bad-language-unknown": "audience 'brazil': language: received 'klingon'; valid is a language of CLDR",
    "bad-share-above-one": "audience 'desk': subscription 1: share: received 1.5; valid is a number above 0, up to 1",
    "bad-subscription-key": "audience 'desk': subscription 2: received the key 'vendor'; valid are match, share,",
    "bad-subscription-names-nothing": "audience 'desk': subscription 1: it names nothing; give it match,",
    "bad-subscription-not-listed": "audience 'desk': subscription: received a single table; write each one under",
    "bad-switch-is-a-text": "audience 'desk': subscription 1: launches: received 'yes'; valid are true and false",
    "bad-key-unknown": "audience 'brazil': received the key 'chanels'",
    "bad-match-is-empty": "audience 'brazil': match: it owns nothing",
    "bad-match-is-missing": "audience 'brazil': match: it owns nothing",
    "bad-name-has-a-slash": "audience 1: name: received 'live/payments'",
    "bad-name-twice": "audience 'brazil': the name is used twice",
    "bad-not-toml": "file: it is not TOML",
    "bad-quiet-hours-never-end": "audience 'brazil': quiet_hours: received ['22:00', '22:00']",
    "bad-quiet-hours-one-time": "audience 'brazil': quiet_hours: received ['22:00']",
    "bad-single-table": "audience: received a single table",
    "bad-themes-not-a-list": "audience 'payouts': match.themes: received 'payout*'",
    "bad-timezone-unknown": "audience 'brazil': timezone: received 'America/Brazil'",
    "bad-top-level-key": "top level: received the key 'audiences'",
    "bad-value-is-a-number": "audience 'brazil': match.region: received 55",
}


def mix(**tickets):
    """Tickets by region."""
    return Counter({Segment.of({"region": region}): number for region, number in tickets.items()})


@pytest.mark.parametrize("name", sorted(OFFENDERS))
def test_a_bad_file_is_refused_by_the_name_of_its_offender(name):
    """Each broken rule is refused in one sentence that names the file, the place and what is wrong."""
    path = CONFIGS / f"{name}.toml"
    with pytest.raises(OwnershipInvalid) as caught:
        read_ownership(path)
    assert str(caught.value).startswith(f"ownership file {path}: {OFFENDERS[name]}")


def test_every_bad_config_is_tried():
    """There is no config file that no test reads."""
    assert {path.stem for path in CONFIGS.glob("bad-*.toml")} == OFFENDERS.keys()


def test_a_missing_file_is_named(tmp_path):
    """A file that is not there is refused by its name."""
    with pytest.raises(OwnershipInvalid, match=r"absent\.toml: file: it cannot be read \(No such file or directory\)"):
        read_ownership(tmp_path / "absent.toml")


def test_the_shipped_example_is_valid():
    """The commented example reads as it is and ends with everyone."""
    example = Path(alerts.__file__).parent / "ownership.example.toml"
    assert [audience.name for audience in read_ownership(example).audiences] == [
        "live-payments", "brazil", "payouts", "launch-desk", "vendor-lisbon", "leadership", "everyone",
    ]  # fmt: skip


def test_without_a_file_everyone_hears_of_everything():
    """No file means one audience."""
    ownership = read_ownership(None)
    assert ownership.audience_of(mix(BR=10)).name == "everyone"
    assert len(ownership.audiences) == 1


def test_the_first_match_wins():
    """Where two audiences match, the first one owns the theme, whatever is narrower."""
    ownership = read_ownership(CONFIGS / "good-first-match-wins.toml")
    pix = {Segment.of({"region": "BR", "payment_method": "pix"}): 9}
    assert ownership.audience_of(pix).name == "brazil"
    assert ownership.audience_of({Segment.of({"region": "MX", "payment_method": "pix"}): 9}).name == "pix"
    assert ownership.audience_of({Segment.of({"region": "MX"}): 9}).name == "everyone"


def test_a_theme_belongs_to_whoever_holds_half_of_it():
    """Half of the tickets are enough, less are not, and no ticket at all belongs to everyone."""
    ownership = read_ownership(CONFIGS / "good-first-match-wins.toml")
    assert ownership.audience_of(mix(BR=5, US=5)).name == "brazil"
    assert ownership.audience_of(mix(BR=5, US=6)).name == "everyone"
    assert ownership.audience_of({}).name == "everyone"


def test_a_theme_may_be_owned_by_id_or_name():
    """Ids and name patterns own a theme whatever its tickets and case, but never theme 0."""
    ownership = read_ownership(CONFIGS / "good-everyone-has-quiet-hours.toml")
    assert ownership.audience_of(mix(BR=5), 12, "anything").name == "payouts"
    assert ownership.audience_of(mix(BR=5), 13, "Delayed PAYOUTS to banks").name == "payouts"
    assert ownership.audience_of(mix(BR=5), 13, "refund late").name == "everyone"
    assert ownership.audience_of(mix(BR=5), 0, "payout").name == "everyone"


def test_everyone_is_the_last_wherever_it_stands():
    """Everyone takes what is left although the file names it first."""
    ownership = read_ownership(CONFIGS / "good-everyone-has-quiet-hours.toml")
    assert [audience.name for audience in ownership.audiences] == ["payouts", "everyone"]


@pytest.mark.parametrize(("hour", "quiet"), [(12, False), (13, True), (21, True), (22, False)])
def test_quiet_hours_are_local_and_cross_midnight(hour, quiet):
    """22:00 to 07:00 in Tokyo is 13:00 to 22:00 UTC."""
    ownership = read_ownership(CONFIGS / "good-everyone-has-quiet-hours.toml")
    assert ("everyone" in ownership.quiet_at(datetime(2026, 11, 20, hour, tzinfo=UTC))) is quiet


def test_an_audience_that_is_gone_is_everyone():
    """A row for an audience that the file no longer has goes to everyone instead of nowhere."""
    assert Ownership().audience("brazil").name == "everyone"


@given(
    tickets=st.dictionaries(st.sampled_from(["BR", "US", "GB", "MX"]), st.integers(1, 50)),
    owned=st.lists(st.sampled_from(["BR", "US", "GB", "MX"]), unique=True, max_size=4),
)
def test_every_theme_has_exactly_one_audience(tickets, owned):
    """Whatever its tickets, a theme belongs to one audience, and the order of its tickets does not matter."""
    audiences = (
        *(Audience(name.lower(), Match({"region": frozenset({name})})) for name in owned),
        Audience("everyone"),
    )
    ownership = Ownership(audiences)
    forwards = ownership.audience_of(mix(**tickets))
    backwards = ownership.audience_of(mix(**dict(reversed(tickets.items()))))
    assert forwards == backwards
    assert forwards in audiences
    if forwards.name != "everyone":
        assert tickets[forwards.name.upper()] * 2 >= sum(tickets.values())


@pytest.mark.parametrize(
    ("scope", "touched"),
    [({"region": "BR"}, True), ({"region": "US"}, False), ({"business_line": "live"}, False), ({}, False)],
)
def test_a_launch_means_those_who_share_its_scope(scope, touched):
    """A scope touches an audience that fixes one of its dimensions to the same value."""
    assert Match({"region": frozenset({"BR"})}).touches(Segment.of(scope)) is touched
