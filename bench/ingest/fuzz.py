"""Mutate the golden payloads of each connector for a while: python -m bench.ingest.fuzz [--seconds 60] [--seed 1]."""

from __future__ import annotations

import argparse
import copy
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stream.connectors.chat import Chat
from stream.connectors.cloudevents import CloudEvents
from stream.connectors.contract import Connector, convert
from stream.connectors.freshdesk import Freshdesk
from stream.connectors.intercom import Intercom
from stream.connectors.jira import Jira
from stream.connectors.mail import Mail
from stream.connectors.zendesk import Zendesk
from stream.raw import RefusedEvent

GOLDEN = Path(__file__).parents[2] / "tests" / "stream" / "golden"
CONNECTORS: Mapping[str, Connector] = {
    "chat": Chat(), "cloudevents": CloudEvents(), "freshdesk": Freshdesk(), "intercom": Intercom(),
    "jira": Jira(), "mail": Mail(), "zendesk": Zendesk(),
}  # fmt: skip

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3.5, float("nan"), float("inf"), 10**30, -(10**30), 4242424242424242, "", " ", "x",
    "0", "17", "\ud83d", "\0",
    "4242 4242 4242 4242", "9999-12-31T23:59:59+14:00", "0001-01-01", "2026-11-08T10:00:00Z", "1794132000", 1794132000000, "a" * 5000,
    [], {}, [[]], [None], [{}], {"": None}, {"id": {"id": 1}}, ["a", 1, None, {"b": [2]}],
    {"type": "doc", "content": [{"type": "text"}]},
)  # fmt: skip
"""Values that a field of another type may hold."""


def payloads_of(folder: Path, system: str) -> list[dict[str, Any]]:
    """Return the golden payloads of a system; of one that has none, small ones that are valid."""
    found = [
        json.loads(path.read_text(encoding="utf-8"))["payload"] for path in sorted((folder / system).glob("*.json"))
    ]
    return found or SMALL[system]


SMALL: Mapping[str, list[dict[str, Any]]] = {
    "cloudevents": [
        {"specversion": "1.0", "id": "1", "source": "/x", "type": "ticket.created", "subject": "1",
         "time": "2026-11-08T10:00:00Z", "data": {}},
        {"events": [{"specversion": "1.0", "id": "1"}]},
    ],
    "mail": [
        {
            "message_id": "a@b", "parents": ["c@d"], "from": "a@b", "to": ["c@d"], "subject": "s", "body": "b", "attachments": ["x"],
            "date": "2026-11-08T10:00:00Z", "received": None, "language": "en", "priority": "high", "mail": {"precedence": "bulk"},
        },
    ],
    "chat": [
        {"id": "1", "started_at": "2026-11-08T10:00:00Z", "rating": 4, "tags": ["a"], "visitor": {"id": 7},
         "session": {"platform": "iOS"},
         "messages": [{"role": "user", "text": "a", "timestamp": "2026-11-08T10:00:00Z"}, {"role": "bot", "content": [{"text": "b"}]}]},
        {"chats": [{"id": 1, "timestamp": 1794132000, "transcript": "[10:01] Ana: a\nBen: b"}]},
    ],
}  # fmt: skip


def mutated(payload: Any, rng: random.Random) -> Any:
    """Return a copy with one value dropped, replaced, moved, repeated or wrapped, anywhere in it."""
    changed = copy.deepcopy(payload)
    places = list(_places(changed))
    if not places:
        return changed
    holder, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = rng.choice(ODD)
    elif kind == 2:
        holder[key] = [holder[key], rng.choice(ODD)]
    elif kind == 3:
        holder[key] = {"value": holder[key], "id": rng.choice(ODD)}
    elif kind == 4:
        other, name = rng.choice(places)
        holder[key] = copy.deepcopy(other[name])
    else:
        holder[key] = str(holder[key])[: rng.randrange(20)]
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def fuzz(system: str, seconds: float, seed: int) -> Counter[str]:
    """Mutate one connector's payloads for so long; return how many gave events, nothing and refusals. Raises what it raises."""
    rng = random.Random(seed)
    seeds, seen = payloads_of(GOLDEN, system), Counter[str]()
    pool = list(seeds)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        payload = mutated(rng.choice(pool), rng)
        if not isinstance(payload, dict):
            continue
        answers = list(convert(CONNECTORS[system], payload))
        refused = sum(isinstance(one, RefusedEvent) for one in answers)
        seen["payloads"] += 1
        seen["refusals"] += refused
        seen["events"] += len(answers) - refused
        # Mutants of mutants reach what one change does not.
        if len(pool) < 20 * len(seeds):
            pool.append(payload)
        elif rng.random() < 0.5:
            pool[rng.randrange(len(seeds), len(pool))] = payload
    return seen


def main() -> None:
    """Fuzz each connector and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("systems", nargs="*", default=sorted(CONNECTORS))
    given = parser.parse_args()
    for system in given.systems:
        found = fuzz(system, given.seconds, given.seed)
        print(f"{system}: {found['payloads']:,} payloads, {found['events']:,} events, {found['refusals']:,} refused")


if __name__ == "__main__":
    main()
