"""Silences in the miner: what they hide, what alerts when they end, and what their owners are sent."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from alerts.ownership import Audience, Match
from models.alert import Gate
from models.segment import Segment
from models.silence import SilenceKind
from store.alerts import list_alerts
from store.silences import end_silence, get_silence
from store.spikes import read_spikes
from tests.pipelines.chain import open_new
from tests.pipelines.incident_miner import START
from tests.pipelines.silenced_miner import SilencedMiner, seen

US = {"region": "US"}


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def news(miner: SilencedMiner) -> list[tuple[str, str | None]]:
    """What was sent as news: audience and word."""
    return [(audience, word) for _, audience, word in miner.sent() if word]


def test_what_a_silence_hides_is_listed_and_alerts_when_it_ends(connection: Connection) -> None:
    """The spike has the gate `silenced`, nobody is notified, and the first epoch after the silence alerts what still lasts."""
    miner = SilencedMiner(connection)
    miner.name(coins=7)
    miner.silence(0, 120, themes=(7,))
    miner.decide(10, seen(1, 7))
    miner.decide(110, seen(1, 7, observed=40))
    assert [one.gate for one in read_spikes(connection)] == [Gate.SILENCED]
    assert (list_alerts(connection), miner.sent()) == ([], [])
    miner.decide(120)
    assert [one.gate for one in read_spikes(connection)] == [None]
    assert news(miner) == [("everyone", "opened")]
    assert miner.decided() == [(1, "silenced", 1), (1, None, None)]
    assert [key for key, _, _ in miner.messages()] == ["silence_reminder:1", "silence_report:1"]
    assert miner.messages()[1][2] == (
        "the silence 1 of ana (deploy noise) ended at 2026-11-04 12:00 UTC and has hidden 1 signal with 40 tickets about coins; "
        "1 of them last and are decided again"
    )


def test_what_is_over_when_a_silence_ends_is_only_reported(connection: Connection) -> None:
    """A spike that ended within the silence never alerts; the report has it."""
    miner = SilencedMiner(connection)
    miner.silence(0, 60, themes=(7,))
    miner.decide(10, seen(1, 7))
    miner.decide(40, seen(1, 7, until=35))
    miner.decide(60)
    miner.decide(65)
    assert list_alerts(connection) == []
    assert "has hidden 1 signal with 9 tickets" in miner.messages()[-1][2]
    assert miner.messages()[-1][2].endswith("; 0 of them last and are decided again")


def test_what_is_calm_when_a_silence_ends_is_not_sent(connection: Connection) -> None:
    """An episode that the detector has not closed yet, but that brings nothing any more, is no news."""
    miner = SilencedMiner(connection)
    miner.silence(0, 180, themes=(7,))
    miner.decide(10, seen(1, 7))
    miner.decide(180)
    assert (list_alerts(connection), news(miner)) == ([], [])
    assert miner.decided()[-1] == (1, "calm_again", None)


def test_a_silence_that_a_person_ends_early_uncovers_at_once(connection: Connection) -> None:
    """The next epoch after the early end alerts, and the report names who ended it."""
    miner = SilencedMiner(connection)
    miner.silence(0, 600, themes=(7,))
    miner.decide(10, seen(1, 7))
    end_silence(connection, 1, ends_at=START + timedelta(minutes=12), actor="bo", at=START)
    miner.decide(15)
    assert news(miner) == [("everyone", "opened")]
    assert ", ended by bo, ended at 2026-11-04 10:12 UTC" in miner.messages()[-1][2]


def test_reminders_and_reports_are_sent_once(connection: Connection) -> None:
    """An hour before its end the owner is reminded; a short silence reminds at half its time; nothing comes twice."""
    miner = SilencedMiner(connection)
    miner.silence(0, 180, themes=(7,))
    miner.silence(0, 30, themes=(8,))
    for minute in range(5, 200, 5):
        miner.decide(minute)
        sent = {key for key, _, _ in miner.messages()}
        assert ("silence_reminder:1" in sent, "silence_report:1" in sent) == (minute >= 120, minute >= 180)
        assert ("silence_reminder:2" in sent, "silence_report:2" in sent) == (minute >= 15, minute >= 30)
    assert len(miner.messages()) == 4
    assert get_silence(connection, 1).reported_at == START + timedelta(minutes=180)


def test_a_mute_rule_stays_in_force_after_its_review(connection: Connection) -> None:
    """It hides as `muted`, and its owner is reminded of the review with what it has hidden."""
    miner = SilencedMiner(connection)
    miner.silence(0, None, SilenceKind.MUTE, review=120, segment=Segment.of(US))
    miner.decide(10, seen(1, 7, where={**US, "platform": "ios"}), seen(2, 8))
    miner.decide(130, seen(3, 9, where=US))
    assert [one.gate for one in read_spikes(connection)] == [Gate.MUTED, None, Gate.MUTED]
    assert [key for key, _, _ in miner.messages()] == ["silence_reminder:1"]
    assert "is to be reviewed at 2026-11-04 12:00 UTC; so far it has hidden 2 signals" in miner.messages()[0][2]


def test_a_silence_of_one_audience_withholds_its_message_alone(connection: Connection) -> None:
    """The alert and its incident are there; the audience gets the message when the silence ends, as a new one."""
    miner = SilencedMiner(connection)
    miner.name(coins=7)
    miner.own(Audience("ops", Match(themes=(7,))))
    miner.silence(0, 120, themes=(7,), audience="ops")
    miner.decide(10, seen(1, 7))
    assert [one.audience for one in list_alerts(connection)] == ["ops"]
    assert (news(miner), miner.decided()) == ([], [(1, None, 1)])
    miner.decide(120)
    assert news(miner) == [("ops", "opened")]
    assert [audience for _, audience, _ in miner.messages()] == ["ops"]
    miner.decide(125)
    assert news(miner) == [("ops", "opened")]


def test_a_silence_hides_what_was_alerted_before_it(connection: Connection) -> None:
    """An escalation inside a silence is not sent; those who know of the incident are reminded when the silence ends."""
    miner = SilencedMiner(connection)
    miner.decide(10, seen(1, 7))
    miner.silence(12, 300, themes=(7,))
    for minute, observed in ((60, 80), (120, 300), (290, 900)):
        miner.decide(minute, seen(1, 7, observed=observed))
    assert news(miner) == [("everyone", "opened")]
    miner.decide(300, seen(1, 7, observed=905))
    assert news(miner) == [("everyone", "opened"), ("everyone", "reminder")]


def test_a_side_effect_of_what_is_silenced_stays_silent(connection: Connection) -> None:
    """A spike that is a part of a silenced one does not alert in its place."""
    miner = SilencedMiner(connection)
    miner.silence(0, 600, themes=(7,))
    miner.decide(10, seen(1, 7, observed=900, where=US), seen(2, 8, where=US))
    assert [one.gate for one in read_spikes(connection)] == [Gate.SILENCED, Gate.PART_OF_ANOTHER_SPIKE]


def test_a_new_theme_that_was_hidden_is_news_when_the_silence_ends(connection: Connection) -> None:
    """Also where more than a day has passed since its birth, if people still write about it; else it is over."""
    miner = SilencedMiner(connection)
    miner.name(coins=7, gone=8)
    for theme in (7, 8):
        miner.write_tickets(theme, requesters=9)
    miner.silence(0, 3000, themes=(7, 8))
    miner.decide(10, born=(7, 8))
    for minute in (600, 1600, 2900):
        miner.decide(minute)
    assert miner.state.newcomers == []
    miner.state.themes[7].last_seen = START + timedelta(minutes=2990)
    miner.decide(3000)
    assert [one.theme_id for one in list_alerts(connection)] == [7]
    assert "about coins, gone; 1 of them last" in miner.messages()[-1][2]


def test_a_silence_follows_a_theme_that_is_merged(connection: Connection) -> None:
    """A silence of a theme covers the theme that took its tickets."""
    miner = SilencedMiner(connection)
    miner.name(coins=7, pix=8)
    miner.silence(0, 600, themes=(7,))
    miner.state.themes[7].end_in(8)
    miner.decide(10, seen(1, 8))
    assert [one.gate for one in read_spikes(connection)] == [Gate.SILENCED]


def test_a_second_silence_holds_on(connection: Connection) -> None:
    """When one of two silences ends, what both cover stays hidden, under the other one."""
    miner = SilencedMiner(connection)
    miner.silence(0, 60, themes=(7,))
    miner.silence(0, 600, themes=(7,))
    miner.decide(10, seen(1, 7))
    miner.decide(60)
    assert (news(miner), miner.decided()) == ([], [(1, "silenced", 1), (1, "silenced", 2)])


STORY = (
    (10, seen(1, 7), seen(2, 8, where=US)),
    (60, seen(1, 7, observed=40)),
    (90, seen(2, 8, where=US, until=80)),
    (120, seen(3, 9, at=110)),
    (200,),
    (900, seen(4, 7, at=880), seen(3, 9, at=110, until=850)),
    (1500, seen(4, 7, at=880, until=1400)),
)
"""Spikes in and after silences, each epoch as (minute, spikes)."""


def test_silences_survive_a_restart_in_every_epoch(sqlite_url: str, connection: Connection) -> None:
    """A miner that is restored before each epoch decides, reminds and reports as one that never stopped."""
    other = open_new(f"{sqlite_url}.other")
    with other.begin() as second:
        for miner in (clean := SilencedMiner(connection), again := SilencedMiner(second, restarts=True)):
            miner.silence(0, 180, themes=(7,))
            miner.silence(30, None, SilenceKind.MUTE, review=600, segment=Segment.of(US))
            miner.silence(100, 1000, themes=(9,), audience="everyone")
            for minute, *spikes in STORY:
                miner.decide(minute, *spikes)
        assert again.everything() == clean.everything()
    other.dispose()
    assert len(clean.messages()) == 4


def test_a_silence_of_something_else_changes_nothing(sqlite_url: str, connection: Connection) -> None:
    """With silences that cover no signal, all that is written about signals is the same."""
    other = open_new(f"{sqlite_url}.other")
    with other.begin() as second:
        plain, silenced = SilencedMiner(connection), SilencedMiner(second)
        silenced.silence(0, 5000, themes=(70, "nothing*"))
        silenced.silence(0, 5000, themes=(7,), segment=Segment.of({"region": "IN"}))
        silenced.silence(0, None, SilenceKind.MUTE, like="an example without a vector")
        for minute, *spikes in STORY:
            plain.decide(minute, *spikes)
            silenced.decide(minute, *spikes)
        assert silenced.rows() == plain.rows()
        assert silenced.decided() == plain.decided()
    other.dispose()
