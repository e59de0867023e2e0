"""Senders that are killed: `groundswell channels send` against a webhook, with SIGKILL at random moments.

    python bench/delivery/killed.py [--kills 200] [--seed 16]

Rows about incidents are added while senders run and die. Leases of the dead are ended at once. Writes
bench/results/delivery_killed.json; ends with 1 where the outbox is not
empty at the end, a message is missing at the receiver, or those of one incident came out of order. Repetitions are distinguished by the
key of idempotency, and counted.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.result import save
from store.database import open_database, upgrade
from store.outbox import backlog, enqueue
from store.schema import channel_states, outbox
from tests.harness.receivers import http_receiver

PAST = datetime(2020, 1, 1, tzinfo=UTC)
NEWS = ("opened", None, "escalated", None, "ended")
LONGEST = 3.0
"""Seconds after which a sender is killed at the latest; it needs about half of them to start."""


def main() -> int:
    """Run it, print the results, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, http_receiver() as receiver:
        settings(Path(folder), receiver.url)
        figures = measure(Path(folder), receiver, given.kills, random.Random(given.seed))
    save("delivery_killed", figures)
    return int(bool(figures["left in the outbox"] or figures["missing"] or figures["out of order"]))


def settings(folder: Path, url: str) -> None:
    """Set up a webhook and an audience that it reaches."""
    (folder / "ownership.toml").write_text('[[audience]]\nname = "everyone"\nchannels = ["hook"]\n')
    (folder / "groundswell.toml").write_text(
        '[alerts]\nownership = "ownership.toml"\ndelivery_attempts = 1000\n'
        f'[channels.hook]\nkind = "webhook"\nsecret_key = "s"\nallow_private = true\nurl = "{url}/"\n'
    )


def measure(folder: Path, receiver: object, kills: int, rng: random.Random) -> dict[str, int]:
    """Kill senders, let the last ones end, and compare what came with what was put in."""
    engine = open_database(f"sqlite:///{folder / 'groundswell.db'}")
    upgrade(engine)
    rows = killed = 0
    while killed < kills:
        for _ in range(rng.randint(0, 12)):
            put(engine, rows)
            rows += 1
        killed += sender(folder, rng.uniform(0.3, LONGEST))
        expire(engine)
    for _ in range(3):
        sender(folder, 600)
        expire(engine)
    keys = [body["key"] for body in receiver.bodies()]
    once = list(dict.fromkeys(keys))
    order: dict[str, list[int]] = {}
    for key in once:
        order.setdefault(key.split(":")[1], []).append(int(key.split(":")[2]))
    found = {
        "kills": killed,
        "messages": len(once),
        "left in the outbox": sum(number for state, number in states(engine).items() if state != "sent"),
        "missing": len({f"incident:{n // 5}:{n % 5 + 1}:everyone" for n in range(rows) if NEWS[n % 5]} - set(once)),
        "out of order": sum(revisions != sorted(revisions) for revisions in order.values()),
        "repetitions, recognized by their key": sum(number - 1 for number in Counter(keys).values()),
    }
    engine.dispose()
    return found


def expire(engine: object) -> None:
    """End the leases and pauses that a killed sender left, instead of waiting for their end."""
    with engine.begin() as connection:
        connection.execute(outbox.update().where(outbox.c.state != "sent").values(claimed_until=PAST))
        connection.execute(channel_states.update().values(paused_until=None))


def put(engine: object, number: int) -> None:
    """Enqueue the next row: incidents of five revisions each."""
    incident, revision = divmod(number, len(NEWS))
    payload = {"incident_id": incident, "revision": revision + 1, "news": NEWS[revision], "title": "t", "reason": "r"}
    with engine.begin() as connection:
        enqueue(
            connection, key=f"incident:{incident}:{revision + 1}:everyone", kind="incident", audience="everyone",
            payload=payload, sequence=f"incident:{incident}:everyone",
        )  # fmt: skip


def states(engine: object) -> dict[str, int]:
    """Rows by state."""
    with engine.connect() as connection:
        return backlog(connection)


def sender(folder: Path, seconds: float) -> bool:
    """Run a sender and kill it after so many seconds; returns whether it had to be killed."""
    environment = {
        **os.environ,
        "GROUNDSWELL_DATA": str(folder),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from groundswell.cli import main; main()", "channels", "send"],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
