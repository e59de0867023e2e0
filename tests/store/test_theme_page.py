"""What a theme's page reads, on either database: segments, groups of spikes, tickets, similar themes, digests, and a scope."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, insert, select, update

from models.access import EVERYTHING, AccessScope
from models.bucket import BUCKETS_PER_DAY, bucket_of
from models.segment import Segment
from models.theme import ThemeStatus
from store import schema
from store.board import ThemePage, now_of, snapshot, theme_page, theme_tickets, theme_within
from store.board.signal_groups import group_spikes
from store.board.spikes import CauseRow, SpikeRow
from store.board.theme_segments import theme_segments
from store.board.theme_tickets import NEWEST, PAGE_ROWS
from store.database import open_database, upgrade
from store.encryption import TextCipher, give_cipher
from store.errors import ThemeUnknown
from tests.console.seed import CHANGE_ID, END, LAUNCH_START, seed

BRAZIL = AccessScope.of({"region": ["BR"]})


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with the seeded launch day."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    yield opened
    opened.dispose()


def _page(engine: Engine, theme_id: int, scope: AccessScope = EVERYTHING) -> ThemePage:
    with snapshot(engine) as connection:
        return theme_page(connection, now_of(connection), theme_id, 8, scope)


def _spike(spike_id: int, start: int, end: int | None, incident: int | None, causes: tuple[CauseRow, ...]) -> SpikeRow:
    return SpikeRow(
        spike_id=spike_id, theme_id=1, theme_name="", kind="spike", segment=Segment(), start=LAUNCH_START + timedelta(hours=start),
        end=None if end is None else LAUNCH_START + timedelta(hours=end), detected_at=LAUNCH_START, observed=10, expected=1.0,
        ratio=10.0, severity=float(spike_id), launch_id=None, gate=None, verdict=f"Because of {spike_id % 2}.", note=None, evidence=(),
        causes=causes, p_value=1e-6, q_value=1e-5, incident_id=incident,
    )  # fmt: skip


def _cause(change: str | None, kind: str = "change") -> CauseRow:
    return CauseRow(kind, None, change, None, 0.5, None, None, "It was recorded before.")


CAUSES = st.lists(
    st.sampled_from([_cause("a"), _cause("b"), _cause("spike:1", "incident")]), max_size=2, unique=True
).map(tuple)
SPIKES = st.lists(
    st.tuples(st.integers(0, 50), st.booleans(), st.one_of(st.none(), st.integers(1, 3)), CAUSES), max_size=12
)


@given(drawn=SPIKES)
def test_each_spike_is_in_one_group_and_each_cause_once_in_it(drawn: list[Any]) -> None:
    """Spikes of one incident, or with the same first cause, are together; what signals comes first."""
    rows = [
        _spike(n, start, None if opened else start + 1, incident, causes)
        for n, (start, opened, incident, causes) in enumerate(drawn)
    ]
    groups = group_spikes(rows)
    assert sorted(one.spike_id for group in groups for one in group.spikes) == [one.spike_id for one in rows]
    for group in groups:
        assert len(set(group.causes)) == len(group.causes)
        assert {cause for one in group.spikes for cause in one.causes} == set(group.causes)
        assert group.is_open == any(one.end is None for one in group.spikes)
        assert (group.lead.end is None) == group.is_open
    incidents = [incident for group in groups for incident in group.incidents]
    assert len(incidents) == len(set(incidents))
    assert [group.is_open for group in groups] == sorted((group.is_open for group in groups), reverse=True)


def test_volumes_by_value_are_what_counting_gives(engine: Engine) -> None:
    """Tickets of the last day and week by value, with their share, and the share in the four weeks before as the usual one."""
    old, last = bucket_of(END) - 10 * BUCKETS_PER_DAY, bucket_of(END) - 1
    with engine.begin() as connection:
        keys = {3: '{"region":"US"}', 4: '{"platform":"ios","region":"US"}'}
        connection.execute(insert(schema.segments), [{"id": number, "key": key} for number, key in keys.items()])
        connection.execute(insert(schema.counts), [
            {"theme_id": 2, "segment_id": segment, "bucket": bucket, "n": n}
            for segment, bucket, n in ((1, old, 40), (2, old, 30), (3, last, 9), (4, last, 9))
        ])  # fmt: skip
    with snapshot(engine) as connection:
        rows = connection.execute(select(schema.counts).where(schema.counts.c.theme_id == 2)).all()
        (region,) = theme_segments(connection, now_of(connection), 2, EVERYTHING)
    week, day, before = Counter[int](), Counter[int](), Counter[int]()
    for row in rows:
        (week if row.bucket > last - 7 * BUCKETS_PER_DAY else before)[row.segment_id] += row.n
        day[row.segment_id] += row.n * (row.bucket > last - BUCKETS_PER_DAY)
    assert region.dimension == "region"
    assert [(one.value, one.week) for one in region.rows] == [("BR", week[2]), ("US", 9)]
    assert region.rows[0].day == day[2]
    assert region.rows[0].share == pytest.approx(week[2] / week[1])
    assert region.rows[0].usual == pytest.approx(before[2] / before[1])
    assert not region.rows[0].of_all
    assert region.without == week[1] - week[2] - 9


def test_a_young_theme_is_compared_with_all_tickets(engine: Engine) -> None:
    """A theme without four weeks behind it has the shares of all tickets of the week next to its own."""
    with snapshot(engine) as connection:
        (region,) = theme_segments(connection, now_of(connection), 5, EVERYTHING)
    assert region.rows[0].of_all
    assert region.rows[0].usual is not None


def test_tickets_are_paged_newest_first(engine: Engine) -> None:
    """Each counted ticket is on one page, those of the newest time first, and erased ones show no text."""
    with engine.begin() as connection:
        _add_tickets(connection, 2, 70)
    with snapshot(engine) as connection:
        theme = replace(theme_within(connection, 2, EVERYTHING), size=82)
        pages = [theme_tickets(connection, theme, EVERYTHING, page=number) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [PAGE_ROWS, 32, 0]
    assert (pages[0].pages, pages[0].matching, pages[0].total) == (2, 82, 82)
    listed = [row for page in pages for row in page.rows]
    assert len({row.ticket_id for row in listed}) == 82
    assert [row.time for row in listed] == sorted((row.time for row in listed), reverse=True)
    erased = next(row for row in listed if row.ticket_id == "T-2-2")
    assert (erased.title, erased.body) == ("", "")


@pytest.mark.parametrize("sealed", [False, True])
def test_a_search_finds_words_in_texts_that_are_encrypted_or_not(engine: Engine, sealed: bool) -> None:  # noqa: FBT001
    """Each word must occur, in any case and place; a ticket's number finds it; nothing is found in what was erased."""
    if sealed:
        give_cipher(engine, TextCipher([b"k" * 32]))
    with engine.begin() as connection:
        _add_tickets(connection, 2, 3, body="The Wire transfer is LOST")
        erased = update(schema.tickets).where(schema.tickets.c.id == "N-2-1").values(erased_at=END)
        connection.execute(erased)
    with snapshot(engine) as connection:
        theme = replace(theme_within(connection, 2, EVERYTHING), size=15)

        def ids(text: str) -> list[str]:
            return [row.ticket_id for row in theme_tickets(connection, theme, EVERYTHING, text).rows]

        assert ids("wire lost") == ["N-2-0", "N-2-2"]
        assert ids("wire absent") == []
        assert ids("n-2-2") == ["N-2-2"]
        assert ids("%") == []
        assert theme_tickets(connection, theme, EVERYTHING, "wire").looked_at == 15


def test_a_search_reads_a_bounded_number_of_tickets(engine: Engine) -> None:
    """A page and a search are few statements, whatever the size of the theme, and each has a limit."""
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    with snapshot(engine) as connection:
        theme = replace(theme_within(connection, 2, EVERYTHING), size=1_000_000)
        found = theme_tickets(connection, theme, EVERYTHING, "payout", page=1)
        listed = theme_tickets(connection, theme, EVERYTHING, page=NEWEST // PAGE_ROWS)
    assert found.total == 1_000_000
    assert (listed.pages, listed.matching) == (NEWEST // PAGE_ROWS, NEWEST)
    assert len(statements) <= 6
    assert all("LIMIT" in text for text in statements if "FROM tickets JOIN" in text)


def test_the_most_similar_themes_are_those_with_the_nearest_tickets(engine: Engine) -> None:
    """Of the themes with words in common, those whose centres point the same way are named, the nearest first."""
    with engine.begin() as connection:
        connection.execute(update(schema.miner).values(state={"model": "m"}))
        for theme_id, angle in ((1, 0.0), (4, 0.4), (6, 1.2), (9, 3.0)):
            vector = np.array([np.cos(angle), np.sin(angle)], "<f2").tobytes()
            connection.execute(update(schema.themes).where(schema.themes.c.id == theme_id).values(keywords=["coins"]))
            connection.execute(insert(schema.vectors), [
                {"ticket_id": f"T-{theme_id}-{n}", "model": "m", "vector": vector} for n in range(3)
            ])  # fmt: skip
    assert [(one.theme.theme_id, one.similarity) for one in _page(engine, 1).similar] == [
        (4, pytest.approx(np.cos(0.4), abs=0.01)),
        (6, pytest.approx(np.cos(1.2), abs=0.01)),
    ]
    assert all(one.similarity is None for one in _page(engine, 1, BRAZIL).similar)


def test_digests_that_name_a_theme_are_listed(engine: Engine) -> None:
    """A digest is listed with the themes that are items of it, also under the number of a merged theme."""
    with engine.begin() as connection:
        for number, theme_id in enumerate((13, 2)):
            end = END - timedelta(days=number)
            key = {"audience": "ops", "start": end - timedelta(days=1), "end": end}
            connection.execute(insert(schema.digests).values(**key, markdown="", html=""))
            connection.execute(insert(schema.digest_themes).values(**key, theme_id=theme_id))
    (found,) = _page(engine, 1).digests
    assert (found.audience, found.window.end, found.kind) == ("ops", END, "daily")


def test_within_a_scope_nothing_is_of_other_tickets(engine: Engine) -> None:
    """Figures, quotes and spikes are of the scope; what is founded on all tickets, and what others decided, is not there."""
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).where(schema.tickets.c.id == "T-3-0").values(region="BR"))
    whole, part = _page(engine, 3), _page(engine, 3, BRAZIL)
    with engine.connect() as connection:
        regions = {row.id: row.region for row in connection.execute(select(schema.tickets))}
    assert part.narrowed
    assert part.quotes
    assert {regions[quote.ticket_id] for quote in part.quotes} == {"BR"}
    assert sum(hour.observed for hour in part.series) == part.theme.size == sum(
        region == "BR" for ticket, region in regions.items() if ticket.startswith("T-3-")
    )  # fmt: skip
    assert part.theme.size < whole.theme.size
    assert all(hour.band is None for hour in part.series)
    # Its only spike is of Pix in Brazil: its figures are of the scope's tickets, its explanation is not.
    (spike,) = part.spikes
    assert (spike.observed, spike.verdict, spike.causes, spike.incident_id) == (96, "", (), None)
    assert part.theme.status is ThemeStatus.ESCALATING
    for name in ("alerts", "decided", "pending", "transitions", "lineage", "digests", "changes"):
        assert not getattr(part, name)
    assert whole.alerts
    assert whole.decided
    assert whole.pending
    assert not part.launches
    first = _page(engine, 1, BRAZIL)
    assert first.spikes == ()
    assert first.theme.status is ThemeStatus.ONGOING


def test_a_theme_without_a_ticket_of_the_scope_does_not_exist(engine: Engine) -> None:
    """The page of such a theme is the page of none, as that of a number beyond the database is."""
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).where(schema.tickets.c.id.like("T-3-%")).values(region="US"))
    for theme_id in (3, 2**63):
        with pytest.raises(ThemeUnknown):
            _page(engine, theme_id, BRAZIL)
    assert any(change.change_id == CHANGE_ID for change in _page(engine, 1).changes)


def _add_tickets(connection: Connection, theme_id: int, number: int, body: str = "Nothing new") -> None:
    epoch = bucket_of(END)
    connection.execute(insert(schema.tickets), [
        {
            "id": f"N-{theme_id}-{n}", "source": "/zendesk/acme", "event_id": f"n-{n}", "time": END - timedelta(hours=3, minutes=n),
            "mined_epoch": epoch, "title": f"Note {n}", "body": body, "region": "US", "counted": True, "status": "open",
        }
        for n in range(number)
    ])  # fmt: skip
    connection.execute(insert(schema.assignments), [
        {
            "ticket_id": f"N-{theme_id}-{n}", "theme_id": theme_id, "epoch": epoch, "how": "assigned", "confidence": 0.5,
            "nearest": theme_id, "remembered": True,
        }
        for n in range(number)
    ])  # fmt: skip
