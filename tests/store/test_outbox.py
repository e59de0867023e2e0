import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from store.database import open_database, upgrade
from store.outbox import OutboxState, backlog, claim, enqueue, mark_failed, mark_sent, release, renew
from store.schema import outbox

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEASE = timedelta(minutes=2)


@pytest.fixture
def engine(database_url):
    """An empty database."""
    engine = open_database(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def put(engine, *keys, audience="everyone"):
    """Enqueue one row for each key."""
    with engine.begin() as connection:
        return [enqueue(connection, key=key, kind="alert", audience=audience, payload={"id": key}) for key in keys]


def states(engine):
    """Rows by state."""
    with engine.connect() as connection:
        return backlog(connection)


def test_a_key_goes_in_once(engine):
    """The same thing put in twice is one row."""
    assert put(engine, "alert 1", "alert 1", "alert 2") == [True, False, True]
    assert put(engine, "alert 2") == [False]
    assert states(engine) == {"waiting": 2}


def test_a_claim_is_exclusive_until_its_lease_ends(engine):
    """What one sender holds no other gets, until the lease has run out; an attempt counts once it begins."""
    put(engine, "alert 1")
    [first] = claim(engine, now=NOON, lease=LEASE)
    assert (first.key, first.payload, first.attempt) == ("alert 1", {"id": "alert 1"}, 1)
    assert claim(engine, now=NOON + LEASE - timedelta(seconds=1), lease=LEASE) == []
    [second] = claim(engine, now=NOON + LEASE, lease=LEASE)
    assert second.attempt == 1
    assert renew(engine, second, NOON + 2 * LEASE, begins=True).payload == {"id": "alert 1"}
    [third] = claim(engine, now=NOON + 2 * LEASE, lease=LEASE)
    assert third.attempt == 2
    assert renew(engine, second, NOON + 4 * LEASE) is None


def test_a_lost_claim_changes_nothing(engine):
    """A sender whose lease ran out and whose row another one holds cannot mark it in any way."""
    put(engine, "alert 1")
    [slow] = claim(engine, now=NOON, lease=LEASE)
    [fast] = claim(engine, now=NOON + LEASE, lease=LEASE)
    assert not mark_sent(engine, slow)
    assert not mark_failed(engine, slow)
    assert not release(engine, slow, retry_at=NOON)
    assert states(engine) == {"claimed": 1}
    assert mark_sent(engine, fast)
    assert not mark_sent(engine, fast)
    assert states(engine) == {"sent": 1}


def test_a_released_row_waits_and_remembers_who_took_it(engine):
    """A row given back is left alone until its time, and names the channels that need not see it again."""
    put(engine, "alert 1")
    [held] = claim(engine, now=NOON, lease=LEASE)
    assert release(engine, held, retry_at=NOON + timedelta(hours=1), delivered=["file"])
    assert claim(engine, now=NOON + timedelta(minutes=59), lease=LEASE) == []
    [again] = claim(engine, now=NOON + timedelta(hours=1), lease=LEASE)
    assert (again.delivered, again.payload, again.attempt) == (("file",), {"id": "alert 1"}, 1)


def test_held_audiences_are_passed_over(engine):
    """Rows of an audience that is not to be disturbed stay, and do not block the others."""
    put(engine, "alert 1", audience="brazil")
    put(engine, "alert 2")
    assert [held.key for held in claim(engine, now=NOON, lease=LEASE, hold={"brazil"})] == ["alert 2"]
    assert [held.key for held in claim(engine, now=NOON, lease=LEASE)] == ["alert 1"]


def test_two_claimers_racing_share_the_rows(engine):
    """Two senders that claim at the same time hold every row once between them."""
    put(engine, *(f"alert {number}" for number in range(60)))
    barrier = threading.Barrier(2)
    held = [[], []]
    errors = []

    def race(place):
        try:
            barrier.wait()
            while claims := claim(engine, now=NOON, lease=LEASE, limit=7):
                held[place].extend(claims)
                assert all(mark_sent(engine, one) for one in claims)
        except Exception as error:  # noqa: BLE001 - shown below: a thread's exception is lost
            errors.append(error)

    threads = [threading.Thread(target=race, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert Counter(one.key for part in held for one in part) == {f"alert {number}": 1 for number in range(60)}
    assert states(engine) == {"sent": 60}


@pytest.fixture
def sqlite_engine(sqlite_url):
    """An empty database of the quick kind."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


ACTIONS = st.lists(st.sampled_from(["put", "claim", "send", "fail", "release", "wait"]), min_size=1, max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(actions=ACTIONS)
def test_a_sent_row_never_comes_back(sqlite_engine, actions):
    """Whatever senders do: sent and failed rows stay so, and no two live claims hold the same row."""
    with sqlite_engine.begin() as connection:
        connection.execute(delete(outbox))
    now, held, closed, number = NOON, [], set(), 0
    for action in actions:
        if action == "put":
            number += 1
            put(sqlite_engine, f"alert {number}")
        elif action == "claim":
            claims = claim(sqlite_engine, now=now, lease=LEASE, limit=2)
            assert not closed & {one.key for one in claims}
            assert not {one.key for one, until in held if until > now} & {one.key for one in claims}
            held += [(one, now + LEASE) for one in claims]
        elif action == "wait":
            now += LEASE
        elif held:
            one, _ = held.pop(0)
            done = {
                "send": lambda one=one: mark_sent(sqlite_engine, one),
                "fail": lambda one=one: mark_failed(sqlite_engine, one),
                "release": lambda one=one, now=now: release(sqlite_engine, one, retry_at=now),
            }[action]()
            if done and action != "release":
                closed.add(one.key)
    assert sum(states(sqlite_engine).get(state, 0) for state in (OutboxState.SENT, OutboxState.FAILED)) == len(closed)
