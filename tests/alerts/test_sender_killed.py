import os
import random
import signal
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from alerts.channels.base import ChannelAbilities
from alerts.outbox import deliver_all
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from store.outbox import backlog, enqueue

KILLS = 200
CALLS = 45_000
"""Calls of functions within which a sender dies: about as many as it needs to send two messages."""

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
LEASE = timedelta(minutes=2)
SETTINGS = AlertSettings(delivery_lease=LEASE)
OWNERSHIP = Ownership((Audience("everyone", channels=("post", "chat")),))
NEWS = ("opened", None, "escalated", None, "ended")


class LogChannel:
    """A receiver: a line in a file for each message and edit, which outlasts the process that wrote it."""

    def __init__(self, name, log, abilities):
        self.name, self.abilities, self._log = name, abilities, log

    def send(self, message):
        """Take a message."""
        self._write("sent", message)
        return {"key": message.key}

    def update(self, reference, message):
        """Take an edit."""
        assert reference["key"].split(":")[1] == message.key.split(":")[1]
        self._write("edit", message)

    def _write(self, what, message):
        os.write(self._log, f"{self.name} {what} {message.key} {message.revision}\n".encode())


def send(url, log, now):
    """Send what is due, as a process of its own does."""
    engine = open_database(url)
    channels = (
        LogChannel("post", log, ChannelAbilities()),
        LogChannel("chat", log, ChannelAbilities(updates=True, threads=True)),
    )
    deliver_all(engine, {one.name: one for one in channels}, OWNERSHIP, clock=lambda: now, settings=SETTINGS)
    engine.dispose()


def killed_after(calls):
    """Let this process kill itself at its call number `calls` of any function, in whatever thread."""
    left = calls

    def count(*_):
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)
    sys.setprofile(count)


def fork_sender(url, log, now, calls):
    """Run a sender in a process of its own that dies at one of its calls; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            killed_after(calls)
            send(url, log, now)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def put(engine, number):
    """Enqueue the next row: incidents of five revisions each."""
    incident, revision = divmod(number, len(NEWS))
    payload = {"incident_id": incident, "revision": revision + 1, "news": NEWS[revision], "title": "t", "reason": "r"}
    with engine.begin() as connection:
        enqueue(
            connection, key=f"incident:{incident}:{revision + 1}:everyone", kind="incident", audience="everyone",
            payload=payload, sequence=f"incident:{incident}:everyone",
        )  # fmt: skip


def test_senders_that_are_killed_lose_nothing_and_repeat_only_what_was_not_noted(sqlite_url, tmp_path):
    """After 200 SIGKILL at random calls the outbox ends empty; by its key each message is once at the receiver, and in order."""
    rng = random.Random(16)
    engine = open_database(sqlite_url)
    upgrade(engine)
    log = os.open(tmp_path / "receiver.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    rows, kills, now = 1, 0, NOON
    put(engine, 0)
    send(sqlite_url, log, now)  # imports and compiles what is late, so that no process dies in that
    while kills < KILLS:
        with engine.connect() as connection:
            waiting = sum(number for state, number in backlog(connection).items() if state != "sent")
        for _ in range(5 - waiting):
            put(engine, rows)
            rows += 1
        engine.dispose()
        kills += fork_sender(sqlite_url, log, now, rng.randint(1, CALLS))
        now += LEASE
    send(sqlite_url, log, now)
    os.close(log)
    with engine.connect() as connection:
        assert backlog(connection) == {"sent": rows}
    came = [line.split() for line in (tmp_path / "receiver.log").read_text().splitlines()]
    expected = {f"incident:{n // 5}:{n % 5 + 1}:everyone" for n in range(rows) if NEWS[n % 5]}
    for channel in ("post", "chat"):
        sent = [key for name, what, key, _ in came if (name, what) == (channel, "sent")]
        assert set(sent) == expected
        once = [tuple(map(int, key.split(":")[1:3])) for key in dict.fromkeys(sent)]
        assert all(revisions == sorted(revisions) for revisions in by_incident(once).values())
        # What is repeated was sent by a process that died before it could note it.
        assert sum(Counter(sent).values()) - len(expected) <= KILLS // 10
    engine.dispose()


def by_incident(once):
    """Revisions by incident, in the order in which they came."""
    found = {}
    for incident, revision in once:
        found.setdefault(incident, []).append(revision)
    return found
