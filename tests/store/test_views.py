"""The views for analysts: equal to an independent count on both databases, readable, without text, and made again by migrations."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Engine, Integer, String, Text, insert
from sqlalchemy.sql.visitors import iterate

from store.database import downgrade, open_database, reading, upgrade
from store.encryption import SealedJson, SealedText
from store.errors import ViewsInUse
from store.schema import (
    alerts,
    causes,
    incidents,
    sla_cycles,
    spikes,
    themes,
    ticket_handling,
    ticket_resolutions,
)
from store.views.catalogue import VIEWS, create_views, drop_views
from store.views.read import snapshot, stream_view

NIGHT = datetime(2026, 11, 20, 20, tzinfo=UTC)
"""Hours around midnight in UTC, at which it is another day elsewhere."""
NAMES = {view.name for view in VIEWS}


def random_tickets(seed: int, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return rows of `ticket_handling` and of `ticket_resolutions` with all that a view distinguishes."""
    draw, rows, solved = random.Random(seed), [], []
    for place in range(number):
        created = NIGHT + timedelta(seconds=draw.randrange(0, 3 * 86_400), microseconds=draw.randrange(1_000_000))
        later = [created + timedelta(seconds=draw.expovariate(1 / 20_000)) for _ in range(5)]
        first, again = sorted(later[:2])
        row = {
            "ticket_id": f"T-{place:04}", "theme_id": draw.choice([None, 1, 2]), "source": "/desk",
            "region": draw.choice(["BR", "=IN()"]),
            "handled_by": draw.choice(["ai", "human", "vendor"]), "vendor": draw.choice([None, "acme"]),
            "team": draw.choice([None, "pay"]),
            "created_at": created, "removed_at": later[2] if draw.random() < 0.1 else None,
            "first_reply_at": draw.choice([None, later[3]]), "escalated_at": draw.choice([None, later[4]]),
            "rated_at": None, "csat": None, "first_resolved_at": None, "first_reopened_at": None, "resolved_at": None,
            "reopens": 0, "replies": draw.randrange(4), "human_replies": 0, "replies_before_resolution": draw.randrange(3),
            "messages": 0, "transfers": draw.randrange(2), "had_human": draw.random() < 0.5, "requester_wait": draw.random() * 1e4,
            "third_party_wait": 0.0,
        }  # fmt: skip
        if draw.random() < 0.6:
            reopened = draw.random() < 0.4
            row |= {"first_resolved_at": first, "resolved_at": None if reopened else first, "reopens": int(reopened)}
            row |= {"first_reopened_at": again if reopened else None}
            row |= {"csat": draw.randrange(1, 6), "rated_at": again} if draw.random() < 0.7 else {}
            solved.append({
                "ticket_id": row["ticket_id"], "number": 1, "resolved_at": first, "reopened_at": again if reopened else None,
            })  # fmt: skip
        rows.append(row)
    return rows, solved


def theme(number: int, name: str) -> dict[str, Any]:
    """Return a row of `themes`."""
    return {
        "id": number, "name": name, "keywords": [], "state": "live", "status": "ongoing", "size": 5, "first_seen": NIGHT,
        "last_seen": NIGHT, "born_epoch": 0, "named_size": 5,
    }  # fmt: skip


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine of a database at head; PostgreSQL's sessions are in another time zone."""
    if database_url.startswith("postgresql"):
        database_url += f"{'&' if '?' in database_url else '?'}options=-ctimezone%3DAsia/Kolkata"
    opened = open_database(database_url)
    upgrade(opened)
    if opened.dialect.name == "postgresql":
        with reading(opened) as connection:
            assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "Asia/Kolkata"
    yield opened
    opened.dispose()


def fill(engine: Engine) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Store two themes and random tickets."""
    rows, solved = random_tickets(7, 300)
    with engine.begin() as connection:
        connection.execute(insert(themes), [theme(1, "=cmd()"), theme(2, "Coins missing")])
        connection.execute(insert(ticket_handling), rows)
        connection.execute(insert(ticket_resolutions), solved)
    return rows, solved


def read(engine: Engine, name: str, size: int = 7, **period: datetime) -> list[dict[str, Any]]:
    """Read a view in small batches as an export does."""
    view = next(one for one in VIEWS if one.name == name)
    names = [one.name for one in view.columns]
    with snapshot(engine) as connection:
        parts = list(stream_view(connection, view, period.get("start"), period.get("end"), size))
    assert all(0 < len(part) <= size for part in parts)
    return [dict(zip(names, row, strict=True)) for part in parts for row in part]


def test_one_row_for_each_ticket(engine: Engine):
    """`v_ticket` has each ticket with its values and its theme's name; differences of its times are in seconds."""
    rows, _ = fill(engine)
    found = {row["ticket_id"]: row for row in read(engine, "v_ticket")}
    assert len(found) == len(rows)
    for row in rows:
        seen = found[row["ticket_id"]]
        assert seen["theme_name"] == {None: None, 1: "=cmd()", 2: "Coins missing"}[row["theme_id"]]
        same = set(row) - {"requester_wait", "third_party_wait"}
        assert {name: seen[name] for name in same} == {name: row[name] for name in same}
        for name, end in (
            ("first_reply_seconds", "first_reply_at"), ("first_resolution_seconds", "first_resolved_at"),
            ("full_resolution_seconds", "resolved_at"),
        ):  # fmt: skip
            length = None if row[end] is None else (row[end] - row["created_at"]).total_seconds()
            assert seen[name] == (None if length is None else pytest.approx(length, abs=1e-5))


def test_days_are_days_in_utc(engine: Engine):
    """`v_theme_daily` counts what happened on each day of UTC, whatever the session's time zone; removed tickets are left out."""
    rows, _ = fill(engine)
    expected: dict[Any, Counter[str]] = defaultdict(Counter)
    times = {
        "created": "created_at", "resolved": "first_resolved_at", "reopened": "first_reopened_at", "escalated": "escalated_at",
        "ratings": "rated_at",
    }  # fmt: skip
    for row in rows:
        for name, time in times.items():
            if row[time] is not None and row["removed_at"] is None:
                cell = expected[row[time].date(), row["theme_id"]]
                cell[name] += 1
                cell["satisfied"] += name == "ratings" and row["csat"] >= 4
    found = read(engine, "v_theme_daily")
    assert len(found) == len(expected)
    for row in found:
        cell = expected[row["day"], row["theme_id"]]
        assert {name: row[name] for name in (*times, "satisfied")} == {
            name: cell[name] for name in (*times, "satisfied")
        }


def test_what_became_of_the_tickets_of_a_day(engine: Engine):
    """`v_handling` counts the tickets of each day and handler, and sums their times."""
    rows, _ = fill(engine)
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["removed_at"] is None:
            groups[row["created_at"].date(), row["handled_by"], row["vendor"], row["team"]].append(row)
    found = read(engine, "v_handling")
    assert len(found) == len(groups)
    for seen in found:
        group = groups[seen["day"], seen["handled_by"], seen["vendor"], seen["team"]]
        answered = [row for row in group if row["first_reply_at"]]
        solved = [row for row in group if row["first_resolved_at"]]
        assert seen["tickets"] == len(group)
        assert (seen["answered"], seen["resolved"]) == (len(answered), len(solved))
        assert seen["open"] == sum(row["resolved_at"] is None for row in group)
        assert seen["reopened"] == sum(row["reopens"] > 0 for row in group)
        assert seen["escalated"] == sum(row["escalated_at"] is not None for row in group)
        assert seen["transferred"] == sum(row["transfers"] > 0 for row in group)
        assert seen["with_human"] == sum(row["had_human"] for row in group)
        assert seen["one_touch"] == sum(row["replies_before_resolution"] <= 1 for row in solved)
        assert seen["ratings"] == sum(row["csat"] is not None for row in group)
        assert seen["satisfied"] == sum((row["csat"] or 0) >= 4 for row in group)
        waits = [(row["first_reply_at"] - row["created_at"]).total_seconds() for row in answered]
        assert seen["first_reply_seconds"] == (pytest.approx(sum(waits)) if waits else None)


def test_each_solution_of_tickets_that_count(engine: Engine):
    """`v_resolution` has each solution of a ticket that was not removed."""
    rows, solved = fill(engine)
    tickets = {row["ticket_id"]: row for row in rows if row["removed_at"] is None}
    expected = {
        row["ticket_id"]: (row["resolved_at"], row["reopened_at"]) for row in solved if row["ticket_id"] in tickets
    }
    found = read(engine, "v_resolution")
    assert {row["ticket_id"]: (row["resolved_at"], row["reopened_at"]) for row in found} == expected
    for row in found:
        created = tickets[row["ticket_id"]]["created_at"]
        assert row["seconds_since_creation"] == pytest.approx((row["resolved_at"] - created).total_seconds(), abs=1e-5)


def test_promises_are_kept_missed_or_open(engine: Engine):
    """`v_sla` says of each promise to a ticket that counts what became of it."""
    rows, _ = fill(engine)
    late, due = NIGHT + timedelta(hours=2), NIGHT + timedelta(hours=1)
    states = {
        "kept": {"stopped_at": NIGHT}, "missed": {"stopped_at": late, "breached_at": due}, "open": {"due_at": late},
    }  # fmt: skip
    empty = {"stopped_at": None, "due_at": None, "breached_at": None}
    cycles = [
        {"ticket_id": row["ticket_id"], "policy": "gold", "target": "first_reply", "number": number, "started_at": NIGHT,
         "elapsed": 1.5, **empty, **values}
        for row in rows for number, values in enumerate(states.values(), 1)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(sla_cycles), cycles)
    found = read(engine, "v_sla")
    counting = sum(row["removed_at"] is None for row in rows)
    assert Counter(row["outcome"] for row in found) == dict.fromkeys(states, counting)
    assert {(row["outcome"], row["due_at"], row["elapsed_seconds"]) for row in found} == {
        ("kept", None, 1.5), ("missed", None, 1.5), ("open", late, 1.5)
    }  # fmt: skip


def test_spikes_incidents_and_themes_are_counted_together(engine: Engine):
    """Spikes have their number of causes and the theme's name, incidents and themes the number of their spikes."""
    spike = {
        "segment": {"region": "BR"}, "kind": "spike", "start": NIGHT, "end": None, "detected_at": NIGHT, "observed": 9, "expected": 2.5,
        "ratio": 3.6, "p_value": 1e-7, "q_value": 1e-5, "severity": 2.0, "now_observed": 12, "evidence": [], "verdict": "secret",
        "state": {}, "incident_id": 5,
    }  # fmt: skip
    cause = {"kind": "segment", "contribution": 1.0, "score": 1.0, "reason": "secret"}
    incident = {
        "id": 5, "state": "open", "theme_id": 0, "segment": {}, "opened_at": NIGHT, "start": NIGHT, "end": None, "audience": "pay",
        "severity": 2.0, "revision": 1, "state_data": {},
    }  # fmt: skip
    alert = {"kind": "spike", "theme_id": 1, "spike_id": 1, "state": "open", "audience": "pay", "opened_at": NIGHT}
    with engine.begin() as connection:
        connection.execute(insert(themes), [theme(1, "Coins missing")])
        connection.execute(insert(spikes), [{"id": 1, "theme_id": 1, **spike}, {"id": 2, "theme_id": 0, **spike}])
        connection.execute(insert(causes), [{"spike_id": 1, "rank": rank, **cause} for rank in (1, 2)])
        connection.execute(insert(incidents), incident)
        connection.execute(insert(alerts), [{"id": 1, "reason": "secret", "incident_id": 5, **alert}])
    found = read(engine, "v_spike")
    assert [(row["theme_name"], row["causes"]) for row in found] == [("Coins missing", 2), ("All tickets", 0)]
    assert found[0]["segment"].replace(" ", "") == '{"region":"BR"}'
    assert (found[0]["started_at"], found[0]["ended_at"]) == (NIGHT, None)
    (seen,) = read(engine, "v_incident")
    assert (seen["theme_name"], seen["spikes"], seen["alerts"]) == ("All tickets", 2, 1)
    (seen,) = read(engine, "v_theme")
    assert (seen["theme_name"], seen["spikes"], seen["state"]) == ("Coins missing", 1, "live")


def test_a_period_holds_its_start_and_not_its_end(engine: Engine):
    """Rows are those dated in [start, end), to the microsecond and in days."""
    rows, _ = fill(engine)
    times = sorted(row["created_at"] for row in rows)
    found = read(engine, "v_ticket", start=times[50], end=times[200])
    assert sorted(row["created_at"] for row in found) == times[50:200]
    day = datetime(2026, 11, 21, tzinfo=UTC)
    found = read(engine, "v_handling", start=day, end=day + timedelta(days=1))
    assert {row["day"] for row in found} == {day.date()}


def test_times_can_be_read(sqlite_url: str):
    """SQLite shows times as texts that sort by time."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    fill(engine)
    with reading(engine) as connection:
        times = connection.exec_driver_sql("SELECT created_at FROM v_ticket ORDER BY created_at").scalars().all()
        seconds = connection.exec_driver_sql("SELECT created_at FROM ticket_handling ORDER BY created_at").scalars()
        read_back = [datetime.fromisoformat(f"{time}+00:00") for time in times]
        assert [round(time.timestamp() * 1_000_000) for time in read_back] == list(seconds)
    engine.dispose()


def test_no_view_has_text():
    """No column of a view is founded on text, on what is encrypted or on a hash, but for the names of themes."""
    for view in VIEWS:
        for shown in view.columns:
            for element in iterate(shown.expression):
                if isinstance(element, Column) and element.table is not None:
                    plain = isinstance(element.type, Text | SealedText | SealedJson)
                    assert not plain or element is themes.c.name, f"{view.name}.{shown.name}"
                    assert element.name not in {"requester", "skeleton", "fingerprint"}


def test_each_column_has_a_meaning():
    """The data dictionary has a sentence for each view and column, and each key and date is a column."""
    for view in VIEWS:
        names = [one.name for one in view.columns]
        assert view.meaning.endswith(".")
        assert len(set(names)) == len(names)
        assert [one.name for one in view.columns if not one.meaning or not one.name] == []
        assert {*view.key, *([view.period] if view.period else [])} <= set(names)


def test_views_come_and_go_with_the_schema(engine: Engine):
    """At head all views are there; below it none is; up again all are."""
    assert views_of(engine) == NAMES
    downgrade(engine, "0010")
    assert views_of(engine) == set()
    upgrade(engine)
    assert views_of(engine) == NAMES


def test_a_database_at_head_gets_the_views_that_it_lacks(engine: Engine):
    """An upgrade of a database at head makes what is missing and leaves the others."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP VIEW v_sla")
    upgrade(engine)
    assert views_of(engine) == NAMES


def test_a_table_under_a_view_can_be_changed(engine: Engine):
    """Between removal and making, a migration changes a table in Alembic's batches, which copy it on SQLite."""
    fill(engine)
    with engine.begin() as connection:
        drop_views(connection)
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("ticket_handling", recreate="always") as batch:
            batch.add_column(Column("more", Integer()))
            batch.alter_column("source", type_=String(300))
        create_views(connection)
    assert len(read(engine, "v_ticket")) == 300


@pytest.mark.postgres
def test_a_view_of_somebody_else_is_named(postgres_url: str):
    """A migration that cannot remove a view since another one uses it changes nothing and says what to do."""
    engine = open_database(postgres_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW mine AS SELECT ticket_id FROM v_ticket")
    with pytest.raises(ViewsInUse, match="v_ticket cannot be made again"):
        downgrade(engine, "0010")
    assert views_of(engine) == NAMES | {"mine"}
    engine.dispose()


def views_of(engine: Engine) -> set[str]:
    """Return the names of the views of the database."""
    catalogue = {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'view'"}.get(
        engine.dialect.name, "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
    )
    with reading(engine) as connection:
        return set(connection.exec_driver_sql(catalogue).scalars())
