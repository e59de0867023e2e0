"""Trends in the miner: rises of days and weeks are stored once, followed, closed, and reported by digests alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from alerts.digest.build import DigestOccasion, build
from alerts.digest.items import find_notable
from alerts.digest.markdown import render_markdown
from alerts.digest.readers import readers_of
from alerts.ownership import EVERYONE
from models.alert import Gate
from models.bucket import BUCKETS_PER_DAY, bucket_of
from models.launch import Launch, PlannedLift
from models.segment import EVERYTHING
from models.spike import SpikeKind
from models.theme import ALL_TICKETS
from models.trends.settings import TrendSettings
from models.trends.trend import TrendOutcome, VolumeTrend
from pipelines.epoch.trends import follow_trends
from pipelines.state import restore
from store.counts import add_counts, write_segments
from store.database import reading
from store.digest_rows import collect
from store.digests import DigestKind, DigestWindow
from store.epochs import MinerRow
from store.listings import list_alerts
from store.spikes import write_spikes
from store.themes import write_themes
from store.trends import read_trends
from tests.pipelines.counted_office import RULES, CountedOffice
from tests.pipelines.making import make_context, make_spike, make_window

START = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 90
DAY = timedelta(days=1)
NAMES = ("login fails", "payout late", "gift lost", "coins gone", "chat slow", "card refused")


MakeDesk = Callable[..., "TrendDesk"]


def ordinary(seed: int = 1) -> np.ndarray:
    """Twenty tickets a day of each theme, shape (themes, days)."""
    return np.random.default_rng(seed).poisson(20.0, (len(NAMES), DAYS))


class TrendDesk:
    """A database with daily counts of themes, whose trends are followed day by day."""

    def __init__(self, counts: np.ndarray, url: str = "sqlite://", **known: dict) -> None:
        self.office = CountedOffice(NAMES, url)
        self.engine = self.office.engine
        with self.engine.begin() as connection:
            write_segments(connection, {EVERYTHING.key: 1})
            first = bucket_of(START)
            every = np.concatenate([counts.sum(axis=0, keepdims=True), counts])
            add_counts(connection, [
                (theme, 1, first + day * BUCKETS_PER_DAY + 100, int(n))
                for theme, row in enumerate(every) for day, n in enumerate(row)
            ])  # fmt: skip
            for record in self.office.state.themes:
                record.first_seen = START
                record.known_issue = known.get(f"theme_{record.theme_id}")
            write_themes(connection, [record.as_row() for record in self.office.state.themes])
        self.launches: tuple[Launch, ...] = ()

    def follow(self, first: int, last: int, rules=RULES, *, restored: bool = True) -> list[VolumeTrend]:
        """Follow the days from `first` up to `last`, where wanted restored before each; returns what is stored then."""
        state = None
        for day in range(first, last + 1):
            end = START + day * DAY
            with self.engine.begin() as connection:
                if restored or state is None:
                    state = restore(connection, MinerRow(), rules.mining, rules.model, end)
                    state.record_start = START
                window = make_window(end, *self.launches, length=timedelta(hours=1))
                follow_trends(make_context(connection, state, window, rules))
        return self.stored()

    def stored(self) -> list[VolumeTrend]:
        """Return the stored trends."""
        with reading(self.engine) as connection:
            return read_trends(connection)


@pytest.fixture
def desk_of() -> Iterator[MakeDesk]:
    """Return what opens databases with these counts, and closes them in the end."""
    opened = []

    def make(*arguments, **known) -> TrendDesk:
        opened.append(TrendDesk(*arguments, **known))
        return opened[-1]

    yield make
    for one in opened:
        one.engine.dispose()


def risen(theme: int = 2, since: int = 70, until: int = DAYS, factor: float = 2.0) -> np.ndarray:
    """Ordinary counts but for one theme that rises on some days."""
    counts = ordinary()
    counts[theme - 1, since:until] = np.random.default_rng(2).poisson(factor * 20.0, until - since)
    return counts


def test_ordinary_days_store_nothing_and_a_short_record_neither(desk_of: MakeDesk):
    """Three weeks of ordinary days have no trend, and before there are six weeks of counts nothing is looked for."""
    assert desk_of(ordinary()).follow(70, DAYS) == []
    assert desk_of(risen(since=20, factor=5.0)).follow(20, 40) == []


def test_one_rise_is_one_row_from_its_first_day_to_its_last(desk_of: MakeDesk, database_url: str):
    """A theme that doubles for ten days is stored once, follows its figures, and is closed where it ended."""
    desk = desk_of(risen(until=80), database_url)
    (found,) = desk.follow(70, 78)
    assert (found.theme_id, found.end, found.gate) == (2, None, None)
    assert abs(found.start - (START + 70 * DAY)) <= 2 * DAY
    assert found.detected_at <= START + 76 * DAY
    assert found.ratio == pytest.approx(2.0, abs=0.4)
    (over,) = desk.follow(79, DAYS)
    assert (over.trend_id, over.outcome) == (found.trend_id, TrendOutcome.OVER)
    assert over.end is not None
    assert abs(over.end - (START + 80 * DAY)) <= 3 * DAY


def test_a_miner_that_is_restored_every_day_stores_the_same(desk_of: MakeDesk):
    """The same days give the same rows, whether a miner was restored before each of them or never stopped."""
    assert desk_of(risen()).follow(70, 84) == desk_of(risen()).follow(70, 84, restored=False) != []


def test_a_rise_that_lasts_six_weeks_is_a_new_level(desk_of: MakeDesk):
    """What nobody acted on for six weeks becomes usual: the trend is closed, and no other is opened for the same level."""
    (found,) = desk_of(risen(since=45)).follow(45, DAYS)
    assert found.outcome is TrendOutcome.NEW_LEVEL
    assert found.end is not None


def test_a_planned_rise_is_none(desk_of: MakeDesk):
    """While a plan lifts a theme its days say nothing; the other themes are watched as before."""
    desk = desk_of(risen())
    lift = (PlannedLift(lift=2.0, everything=True),)
    desk.launches = (
        Launch("L-1", "campaign", "Summer", START + 69 * DAY, START + DAYS * DAY, EVERYTHING, 0.3, lift),
    )  # fmt: skip
    assert desk.follow(70, DAYS) == []


def test_what_was_alerted_is_not_reported_again(desk_of: MakeDesk):
    """Days of an episode that was alerted are left out of digests' slow rises."""
    desk = desk_of(risen())
    with desk.engine.begin() as connection:
        write_spikes(connection, [make_spike(1, 2, START + 70 * DAY, START + DAYS * DAY, kind=SpikeKind.SPIKE)])
    assert desk.follow(70, DAYS) == []


def test_days_on_which_hardly_anything_came_in_are_no_baseline(desk_of: MakeDesk):
    """Five days of an outage of everything make the ordinary days after it no rise."""
    counts = ordinary()
    counts[:, 60:65] = 0
    assert desk_of(counts).follow(60, DAYS) == []


def test_a_known_issue_is_stored_with_its_gate(desk_of: MakeDesk):
    """The trend of a theme whose issue is known is kept, and withheld from digests."""
    issue = {"title": "Payouts are late", "since": "2026-06-10T00:00:00Z"}
    (found,) = desk_of(risen(), theme_2=issue).follow(70, 80)
    assert found.gate is Gate.KNOWN_ISSUE_WITHIN_ENVELOPE


def test_trends_can_be_turned_off_and_wait_for_the_learning_period(desk_of: MakeDesk):
    """Without a budget nothing is looked for, nor in the learning period, however long it is."""
    mining = RULES.mining.model_copy(update={"trends": TrendSettings(false_findings_per_week=0)})
    assert desk_of(risen()).follow(70, 80, replace(RULES, mining=mining)) == []
    alerts = RULES.alerts.model_copy(update={"learning_period": timedelta(days=100)})
    assert desk_of(risen()).follow(70, 80, replace(RULES, alerts=alerts)) == []


def test_a_daily_digest_reports_a_trend_once_and_a_weekly_one_while_it_lasts(desk_of: MakeDesk):
    """The digest of the day that showed it has the line, that of the next day has not, that of the week has; nobody is alerted."""
    desk = desk_of(risen())
    (found,) = desk.follow(70, 85)
    shown = found.detected_at.replace(hour=0, minute=0, second=0)
    line = "**Slow rises of days and weeks:** payout late: "
    assert line in desk_digest(desk, shown - DAY, shown)
    assert line not in desk_digest(desk, shown, shown + DAY)
    assert line in desk_digest(desk, shown, shown + 7 * DAY, DigestKind.WEEKLY)
    with reading(desk.engine) as connection:
        assert list_alerts(connection) == []


def test_a_rise_of_all_tickets_is_reported_to_everyone(desk_of: MakeDesk):
    """Where every theme rises alike there is one trend, that of all tickets."""
    counts = ordinary()
    counts[:, 75:] = np.random.default_rng(3).poisson(30.0, (len(NAMES), DAYS - 75))
    desk = desk_of(counts)
    assert {one.theme_id for one in desk.follow(70, 84)} == {ALL_TICKETS}


def desk_digest(desk: TrendDesk, start: datetime, end: datetime, kind: DigestKind = DigestKind.DAILY) -> str:
    """Render the digest for everyone."""
    with reading(desk.engine) as connection:
        rows = collect(connection, DigestWindow(start, end))
    readers = readers_of(rows, find_notable(rows, RULES.alerts), RULES.ownership)
    everyone = next(one for one in RULES.ownership.audiences if one.name == EVERYONE)
    return render_markdown(build(rows, everyone, readers, RULES.alerts, DigestOccasion(kind)))
