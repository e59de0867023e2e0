"""What the pages read, on either database."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, insert, select, update

from models.bucket import bucket_of
from models.theme import ThemeStatus
from store import schema
from store.board import (
    BoardQuery,
    Now,
    board,
    launch_page,
    launch_rows,
    mark_of,
    now_of,
    snapshot,
    theme_page,
)
from store.board.series import series_of
from store.board.similar_themes import CANDIDATES
from store.database import open_database, upgrade
from store.errors import ThemeUnknown
from tests.console.seed import END, LAUNCH_END, LAUNCH_ID, LAUNCH_START, THEMES, seed


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with the seeded launch day."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    yield opened
    opened.dispose()


def _now(engine: Engine) -> Now:
    with snapshot(engine) as connection:
        now = now_of(connection)
    assert now is not None
    return now


def test_now_is_the_end_of_the_newest_bucket_with_a_ticket(engine: Engine) -> None:
    """Event time stands where the data ends; a bucket whose tickets were all retracted does not move it."""
    assert _now(engine).time == END
    with engine.begin() as connection:
        connection.execute(insert(schema.counts).values(theme_id=0, segment_id=1, bucket=bucket_of(END) + 9, n=0))
    assert _now(engine).time == END
    assert _now(engine).share(_now(engine).hour) == pytest.approx(40 / 60)
    assert (_now(engine).share(_now(engine).hour - 1), _now(engine).share(_now(engine).hour + 1)) == (
        1.0,
        0.0,
    )


def test_the_last_day_sums_the_counts_and_bands_of_24_hours(engine: Engine) -> None:
    """Observed is the window's exact count; expected weighs its first and its running hour by their share."""
    now = _now(engine)
    with snapshot(engine) as connection:
        shown = board(connection, now, BoardQuery(text="#2"))
        window = schema.counts.c.bucket.between(now.bucket - 287, now.bucket)
        own = (schema.counts.c.theme_id == 2) & (schema.counts.c.segment_id == 1)
        exact = connection.execute(select(func.sum(schema.counts.c.n)).where(window, own)).scalar()
        own_bands = select(schema.bands).where(schema.bands.c.theme_id == 2)
        said = {row.hour: row.mean for row in connection.execute(own_bands)}
    (row,) = shown.rows
    assert row.day.observed == row.day.compared == exact
    means = [said[now.hour - back] for back in range(25)]
    assert row.day.expected == pytest.approx(means[0] * 40 / 60 + sum(means[1:24]) + means[24] * 20 / 60)


def test_a_theme_without_expectation_has_no_ratio(engine: Engine) -> None:
    """A theme of a few hours is counted, but held against nothing."""
    with snapshot(engine) as connection:
        (row,) = board(connection, _now(engine), BoardQuery(text="#5")).rows
    assert row.day.observed == row.theme.size
    assert (row.day.compared, row.day.expected, row.day.ratio) == (0, None, None)


def test_themed_and_unthemed_make_up_all(engine: Engine) -> None:
    """What no theme holds is the rest of all tickets."""
    now = _now(engine)
    with engine.begin() as connection:
        connection.execute(
            update(schema.counts)
            .where(
                schema.counts.c.theme_id == 0,
                schema.counts.c.segment_id == 1,
                schema.counts.c.bucket == now.bucket,
            )
            .values(n=schema.counts.c.n + 17)
        )
    with snapshot(engine) as connection:
        shown = board(connection, now, BoardQuery())
    assert shown.unthemed == 17
    assert shown.totals == Counter(ThemeStatus(theme.status) for theme in THEMES)
    assert shown.spiking == 2


def test_an_open_spike_of_a_merged_theme_is_that_of_the_survivor(engine: Engine) -> None:
    """Severity follows merges."""
    with engine.begin() as connection:
        connection.execute(update(schema.spikes).where(schema.spikes.c.id == 5).values(end=None, severity=99.0))
    with snapshot(engine) as connection:
        rows = board(connection, _now(engine), BoardQuery()).rows
        assert (rows[0].theme.theme_id, rows[0].severity) == (1, 99.0)
        page = theme_page(connection, _now(engine), 1, 8)
    assert [(spike.spike_id, spike.theme_id) for spike in page.spikes] == [(1, 1), (5, 1)]


def test_a_series_is_gapless_and_ends_now(engine: Engine) -> None:
    """Hours without tickets are there as 0; hours to come are not."""
    now = _now(engine)
    with snapshot(engine) as connection:
        read = series_of(connection, now, [10, 999], now.hour - 50, now.hour + 50)
    for series in read.values():
        assert [hour.hour for hour in series] == list(range(now.hour - 50, now.hour + 1))
    assert sum(hour.observed for hour in read[999]) == 0
    assert 0 in {hour.observed for hour in read[10]}


def test_an_unknown_theme_is_said(engine: Engine) -> None:
    """There is no page for it."""
    with snapshot(engine) as connection, pytest.raises(ThemeUnknown):
        theme_page(connection, _now(engine), 999, 8)


def test_changes_that_a_spike_names_are_marked(engine: Engine) -> None:
    """All changes of the window are there in order of time, the cited one marked."""
    with snapshot(engine) as connection:
        page = theme_page(connection, _now(engine), 1, 8)
    assert [(change.change_id, change.cited) for change in page.changes] == [
        ("risk-77", False),
        ("app-38.1.0", True),
        ("cfg-12", False),
    ]
    assert [launch.launch_id for launch in page.launches] == [LAUNCH_ID]


def test_a_launch_is_read_in_its_latest_revision_with_its_envelope(engine: Engine) -> None:
    """Its themes are those whose band is its envelope, hour by hour since it began."""
    with snapshot(engine) as connection:
        page = launch_page(connection, _now(engine), LAUNCH_ID)
        listed = launch_rows(connection)
        assert launch_page(connection, _now(engine), "none") is None
    assert page is not None
    assert page.launch.title == "LIVE coins winter launch"
    assert [row.theme_id for row in page.themes] == [1, 4, 7]
    assert all(len(row.series) == 8 for row in page.themes)
    assert [theme.theme_id for theme in page.newcomers] == [5]
    assert {spike.spike_id for spike in page.spikes} == {1, 2, 4}
    assert [launch.launch_id for launch in listed] == ["cyber-week", LAUNCH_ID]
    assert (page.launch.start, page.launch.end) == (LAUNCH_START, LAUNCH_END)


def test_of_very_many_planned_themes_those_furthest_above_are_read(engine: Engine) -> None:
    """A launch that lifts everything shows all tickets, and the themes with the greatest excess."""
    now = _now(engine)
    with engine.begin() as connection:
        connection.execute(update(schema.bands).where(schema.bands.c.hour == now.hour).values(launch_id=LAUNCH_ID))
        more = [
            {
                "theme_id": number,
                "hour": now.hour,
                "mean": 5.0,
                "low": 1.0,
                "high": 9.0,
                "launch_id": LAUNCH_ID,
            }
            for number in range(100, 300)
        ]
        connection.execute(insert(schema.bands), more)
    with snapshot(engine) as connection:
        page = launch_page(connection, now, LAUNCH_ID)
    assert page is not None
    assert page.shown_of == 212
    assert len(page.themes) == 61
    assert [row.theme_id for row in page.themes[:2]] == [0, 1]


def test_the_mark_changes_with_what_the_pages_show(engine: Engine) -> None:
    """An epoch, an alert, its state, a decision and its application are each news; nothing else is."""
    seen = []

    def look() -> None:
        with snapshot(engine) as connection:
            seen.append(mark_of(connection))

    look()
    look()
    assert seen[0] == seen[1]
    for change in (
        update(schema.miner).values(next_epoch=1 + bucket_of(END)),
        update(schema.alerts).where(schema.alerts.c.id == 1).values(state="acknowledged"),
        insert(schema.decisions).values(at=END, actor="a", kind="rename", theme_id=1, payload={"name": "x"}),
        update(schema.decisions).values(applied_epoch=5),
    ):
        with engine.begin() as connection:
            connection.execute(change)
        look()
    assert len(set(seen)) == 5


def test_a_snapshot_sees_one_moment(engine: Engine) -> None:
    """What is committed meanwhile is not half seen."""
    with snapshot(engine) as connection:
        before = mark_of(connection)
        with engine.begin() as writer:
            writer.execute(update(schema.miner).values(next_epoch=1 + bucket_of(END)))
        assert mark_of(connection) == before
    with snapshot(engine) as connection:
        assert mark_of(connection) != before


def test_pages_never_aggregate_tickets(engine: Engine) -> None:
    """However many tickets there are, a page reads few of them, by key, in a bounded number of queries."""
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    with snapshot(engine) as connection:
        now = now_of(connection)
        board(connection, now, BoardQuery())
        theme_page(connection, now, 1, 60)
        launch_page(connection, now, LAUNCH_ID)
    # The centres of similar themes are read by one short query each, once for each mined state.
    centres = [text for text in statements if "FROM vectors" in text]
    assert len(centres) <= 1 + CANDIDATES
    assert len(statements) - len(centres) <= 61
    for text in statements:
        if "FROM tickets" in text or "JOIN tickets" in text:
            assert "tickets.id IN" in text
        if "FROM assignments" in text:
            assert "LIMIT" in text


def test_a_recorded_launch_can_start_before_anything_is_mined(database_url: str) -> None:
    """Plans are shown as soon as they are recorded."""
    opened = open_database(database_url)
    upgrade(opened)
    with opened.begin() as connection:
        connection.execute(
            insert(schema.launches).values(
                source="/p", subject="s", id="1", time=END, kind="sale", title="S", start=END,
                end=END + timedelta(hours=1), scope={}, tolerance=0.3, expected=[],
            )
        )  # fmt: skip
    with snapshot(opened) as connection:
        page = launch_page(connection, None, "s")
    assert page is not None
    assert (page.themes, page.spikes) == ((), ())
    opened.dispose()
