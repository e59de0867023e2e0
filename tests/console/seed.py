"""A database as a launch day leaves it, written straight into the tables: seeded, so always the same."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from store import schema

START = datetime(2026, 11, 12, tzinfo=UTC)
END = START + timedelta(days=8, hours=15, minutes=40)
"""The newest event time: it is in a running hour."""

LAUNCH_START = START + timedelta(days=8, hours=8)
LAUNCH_END = START + timedelta(days=8, hours=20)
LAUNCH_ID = "live-coins/winter"
CHANGE_ID = "app-38.1.0"
HOSTILE = '<script>window.hostile = 1</script><img src=x onerror="window.hostile = 1">'


@dataclass(frozen=True)
class SeedTheme:
    """A theme to write: tickets an hour at its busiest, and how its launch day is lifted and planned."""

    theme_id: int
    name: str
    status: str
    rate: float
    owner: str | None
    keywords: tuple[str, ...]
    lift: float = 1.0
    planned: float | None = None
    born: datetime = START


THEMES = (
    SeedTheme(
        1,
        "LIVE coins charged twice",
        "escalating",
        9,
        "payments-live",
        ("charged twice", "coins", "live"),
        7,
        3,
    ),
    SeedTheme(2, "Payout to bank account pending", "ongoing", 12, "creator-payouts", ("payout", "pending", "bank")),
    SeedTheme(3, "Pix payment confirmed but order unpaid", "escalating", 5, "checkout-br", ("pix", "unpaid"), 5),
    SeedTheme(4, "Gift not shown during LIVE", "ongoing", 7, "payments-live", ("gift", "live", "missing"), 2.9, 3),
    SeedTheme(
        5,
        "App closes at card entry",
        "new",
        6,
        None,
        ("crash", "card", "38.1.0"),
        3,
        None,
        LAUNCH_START + timedelta(hours=1),
    ),
    SeedTheme(6, "Refund not received", "known", 14, "refunds", ("refund", "days", "waiting")),
    SeedTheme(7, "Voucher code refused", "ongoing", 4, "checkout", ("voucher", "code", "refused"), 2.6, 3),
    SeedTheme(8, "Identity check for withdrawal fails", "regressed", 3, "creator-payouts", ("identity", "document")),
    SeedTheme(9, "Ad balance top-up declined", "ongoing", 2, "ads-billing", ("ads", "top-up", "declined")),
    SeedTheme(10, "Invoice shows the wrong tax number", "resolved", 0.6, "ads-billing", ("invoice", "tax")),
    SeedTheme(11, "Currency shown wrongly in cart", "ongoing", 1.5, "checkout", ("currency", "cart")),
    SeedTheme(12, HOSTILE, "ongoing", 1, HOSTILE, (HOSTILE, "hostile")),
)


PROCEDURE_TREE = """start: sent
nodes:
  sent:
    ask: Does the ledger show the refund as sent?
    answers: {"yes": wait, "no": send}
  wait: {outcome: Ask the buyer to wait until the fifth banking day.}
  send: {do: Send the refund from the ledger., next: informed}
  informed: {outcome: Tell the buyer when it arrives.}
"""


def _put_procedure(connection: Connection) -> None:
    """Write a procedure of two versions, overdue for review, with a hostile text, for theme 1."""
    version = {
        "slug": "refund-missing", "number": 1, "title": "A refund is missing", "body": f"# Be exact\nSay *when* it was sent. {HOSTILE}",
        "tree": PROCEDURE_TREE, "owner": "payments", "review_on": END.date(), "note": "first", "author": "ada", "at": START,
    }  # fmt: skip
    later = {
        **version,
        "number": 2,
        "body": f"{version['body']}\n\nNever ask for a card number.",
        "note": HOSTILE,
        "at": END,
    }
    _put(connection, schema.sops, [{"slug": "refund-missing", "version": 2, "created_at": START}])
    _put(connection, schema.sop_versions, [version, later])
    link = {"slug": "refund-missing", "kind": "theme", "target": 1, "actor": "ada", "at": START}
    _put(connection, schema.sop_links, [link])


def seed(engine: Engine) -> None:
    """Fill the tables of an empty database at head."""
    draw = random.Random(20261120)
    with engine.begin() as connection:
        _put(connection, schema.segments, [{"id": 1, "key": "{}"}, {"id": 2, "key": '{"region":"BR"}'}])
        counts, bands = _volumes(draw)
        _put(connection, schema.counts, counts)
        _put(connection, schema.bands, bands)
        _put(connection, schema.themes, [_theme(theme, counts) for theme in THEMES] + [_merged()])
        _put(connection, schema.launches, _launches())
        _put(connection, schema.changes, _changes())
        _put(connection, schema.spikes, _spikes())
        _put(connection, schema.causes, _causes())
        _put(connection, schema.alerts, _alerts())
        _put(connection, schema.lineage, _lineage())
        tickets = list(_tickets(draw))
        _put(connection, schema.tickets, tickets)
        _put(connection, schema.assignments, [_assignment(ticket) for ticket in tickets])
        _put(connection, schema.decisions, [_decision()])
        _put_procedure(connection)
        _put(
            connection,
            schema.miner,
            [{"name": "miner", "next_epoch": bucket_of(END), "first_epoch": bucket_of(START), "state": {}}],
        )


def _put(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(table), rows)


def _profile(hour: int) -> float:
    """Share of the busiest hour that a usual hour of the day sees."""
    return 0.15 + 0.85 * max(0.0, math.sin(math.pi * ((hour % 24) - 5) / 19)) if hour % 24 >= 5 else 0.12


def _volumes(draw: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    counts: dict[tuple[int, int, int], int] = {}
    bands: list[dict[str, Any]] = []
    first, last = bucket_of(START), bucket_of(END) - 1
    for theme in THEMES:
        for bucket in range(max(first, bucket_of(theme.born)), last + 1):
            mean = theme.rate * _profile(bucket // BUCKETS_PER_HOUR) / BUCKETS_PER_HOUR
            if start_of(bucket) >= LAUNCH_START:
                mean *= theme.lift
            n = _poisson(draw, mean)
            for theme_id in (0, theme.theme_id):
                if n:
                    counts[theme_id, 1, bucket] = counts.get((theme_id, 1, bucket), 0) + n
                    counts[theme_id, 2, bucket] = counts.get((theme_id, 2, bucket), 0) + n // 3
        bands.extend(_bands(theme, first // BUCKETS_PER_HOUR, last // BUCKETS_PER_HOUR))
    totals = [
        {
            "theme_id": 0,
            "hour": hour,
            **_limits(sum(b["mean"] for b in bands if b["hour"] == hour), None, 0.1),
        }
        for hour in range(first // BUCKETS_PER_HOUR + 24, last // BUCKETS_PER_HOUR + 1)
    ]
    rows = [{"theme_id": t, "segment_id": s, "bucket": b, "n": n} for (t, s, b), n in sorted(counts.items()) if n]
    return rows, bands + totals


def _bands(theme: SeedTheme, first: int, last: int) -> Iterator[dict[str, Any]]:
    """From the second day of a theme's life on: before, nothing could be expected of it."""
    launch = bucket_of(LAUNCH_START) // BUCKETS_PER_HOUR
    for hour in range(max(first, bucket_of(theme.born) // BUCKETS_PER_HOUR) + 24, last + 1):
        mean = theme.rate * _profile(hour)
        under = theme.planned is not None and hour >= launch
        lifted = mean * theme.planned if under and theme.planned else mean
        yield {
            "theme_id": theme.theme_id,
            "hour": hour,
            **_limits(lifted, LAUNCH_ID if under else None, 0.3 * under),
        }


def _limits(mean: float, launch_id: str | None, tolerance: float) -> dict[str, Any]:
    distance = 1.96 * math.sqrt(1.2 * mean + (tolerance * mean) ** 2)
    return {"mean": mean, "low": max(0.0, mean - distance), "high": mean + distance, "launch_id": launch_id}


def _poisson(draw: random.Random, mean: float) -> int:
    limit, product, n = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        n += 1
    return n


def _theme(theme: SeedTheme, counts: list[dict[str, Any]]) -> dict[str, Any]:
    own = [row for row in counts if row["theme_id"] == theme.theme_id and row["segment_id"] == 1]
    issue = {
        "title": "Refunds to closed cards are returned by the bank",
        "jira": "https://jira.example.com/browse/PAY-2231",
        "workaround": "Offer a refund to the wallet.",
        "since": "2026-11-15T10:05:00Z",
        "usual_per_day": 180.0,
    }
    return {
        "id": theme.theme_id,
        "name": theme.name,
        "keywords": list(theme.keywords),
        "state": "live",
        "status": theme.status,
        "size": sum(row["n"] for row in own),
        "first_seen": start_of(own[0]["bucket"]),
        "last_seen": start_of(own[-1]["bucket"]) + timedelta(minutes=2),
        "born_epoch": own[0]["bucket"],
        "named_size": 40,
        "merged_into": None,
        "known_issue": issue if theme.status == "known" else None,
        "owner": theme.owner,
    }


def _merged() -> dict[str, Any]:
    return {
        "id": 13,
        "name": "Coins billed double",
        "keywords": ["coins"],
        "state": "merged",
        "status": "ongoing",
        "size": 0,
        "first_seen": START,
        "last_seen": START,
        "born_epoch": 0,
        "named_size": 20,
        "merged_into": 1,
        "known_issue": None,
        "owner": None,
    }


def _launches() -> list[dict[str, Any]]:
    plan = [{"about": "I bought LIVE coins and something went wrong", "lift": 3.0}, {"theme": 7, "lift": 3.0}]
    first = {
        "source": "/plans",
        "subject": LAUNCH_ID,
        "id": "r1",
        "time": START,
        "kind": "launch",
        "title": "LIVE coins",
        "start": LAUNCH_START,
        "end": LAUNCH_END,
        "scope": {},
        "tolerance": 0.3,
        "expected": plan,
        "abouts": None,
    }
    revised = {**first, "id": "r2", "time": START + timedelta(days=1), "title": "LIVE coins winter launch"}
    later = {
        **first,
        "subject": "cyber-week",
        "id": "c1",
        "kind": "sale",
        "title": "Cyber week",
        "scope": {"region": "US"},
    }
    return [
        first,
        revised,
        {**later, "start": LAUNCH_END + timedelta(days=4), "end": LAUNCH_END + timedelta(days=9)},
    ]


def _changes() -> list[dict[str, Any]]:
    def change(
        subject: str, kind: str, title: str, time: datetime, scope: dict[str, str], url: str | None
    ) -> dict[str, Any]:
        return {
            "source": "/releases",
            "subject": subject,
            "id": f"{subject}-1",
            "time": time,
            "kind": kind,
            "title": title,
            "scope": scope,
            "url": url,
        }

    at = LAUNCH_START
    return [
        change(
            CHANGE_ID,
            "release",
            "App 38.1.0 to all users",
            at - timedelta(minutes=50),
            {"platform": "ios"},
            "https://releases.example.com/38.1.0",
        ),
        change("risk-77", "rule_update", "Risk rule 77 stricter for new cards", at - timedelta(days=3), {}, None),
        change(
            "cfg-12",
            "config",
            "Retry of coin purchases after 2 s",
            at + timedelta(minutes=20),
            {"product": "coins"},
            "javascript:alert(1)",
        ),
    ]


def _spikes() -> list[dict[str, Any]]:
    def spike(spike_id: int, theme_id: int, start: datetime, **values: Any) -> dict[str, Any]:
        return {
            "id": spike_id,
            "theme_id": theme_id,
            "segment": {},
            "kind": "spike",
            "start": start,
            "end": None,
            "detected_at": start + timedelta(minutes=28),
            "observed": 342,
            "expected": 118.4,
            "ratio": 2.9,
            "p_value": 1e-12,
            "q_value": 1e-10,
            "severity": 61.0,
            "now_observed": 342,
            "launch_id": None,
            "gate": None,
            "evidence": [],
            "verdict": "Nothing that is recorded explains it.",
            "note": None,
            "state": {},
            **values,
        }

    return [
        spike(
            1,
            1,
            LAUNCH_START + timedelta(minutes=35),
            launch_id=LAUNCH_ID,
            evidence=["T-1-0", "T-1-1"],
            verdict="Two thirds of the excess is on iOS, from 50 minutes after App 38.1.0.",
        ),
        spike(
            2,
            3,
            LAUNCH_START + timedelta(hours=1),
            segment={"payment_method": "pix", "region": "BR"},
            severity=40.0,
            observed=96,
            expected=19.2,
            ratio=5.0,
            verdict="It is confined to Pix in BR.",
        ),
        spike(
            3,
            8,
            START + timedelta(days=4, hours=9),
            end=START + timedelta(days=4, hours=15),
            severity=12.0,
            observed=31,
            expected=9.8,
            ratio=3.2,
            gate="fewer_requesters_than_minimum",
            note="Two tickets were retracted since.",
        ),
        spike(4, 0, LAUNCH_START + timedelta(hours=2), severity=9.0, observed=900, expected=610.0, ratio=1.5),
        spike(5, 13, START + timedelta(days=2, hours=9), end=START + timedelta(days=2, hours=11), severity=3.0),
    ]


def _causes() -> list[dict[str, Any]]:
    def cause(spike_id: int, rank: int, kind: str, reason: str, **values: Any) -> dict[str, Any]:
        return {
            "spike_id": spike_id,
            "rank": rank,
            "kind": kind,
            "segment": None,
            "change_id": None,
            "contribution": 0.66,
            "relative_risk": None,
            "interval": None,
            "score": 8.0,
            "reason": reason,
            **values,
        }

    return [
        cause(
            1,
            1,
            "segment",
            "iOS holds 66 % of the excess and 30 % of what is usual.",
            segment={"platform": "ios"},
            relative_risk=5.1,
            interval=[3.9, 6.6],
        ),
        cause(
            1,
            2,
            "change",
            "Recorded 85 minutes before the onset; its scope holds the segment.",
            change_id=CHANGE_ID,
            contribution=0.5,
        ),
        cause(
            2,
            1,
            "segment",
            "Outside of Pix in BR nothing has risen.",
            contribution=0.98,
            segment={"payment_method": "pix", "region": "BR"},
            relative_risk=12.0,
            interval=[8.0, 18.0],
        ),
        cause(2, 2, "incident", "Like spike 4 of 6 November 2026.", change_id="spike:4", score=0.8),
    ]


def _alerts() -> list[dict[str, Any]]:
    def alert(alert_id: int, kind: str, theme_id: int, spike_id: int | None, state: str, reason: str) -> dict[str, Any]:
        return {
            "id": alert_id,
            "kind": kind,
            "theme_id": theme_id,
            "spike_id": spike_id,
            "state": state,
            "audience": "payments-live",
            "opened_at": LAUNCH_START + timedelta(hours=alert_id),
            "reason": reason,
        }

    return [
        alert(1, "launch_excess", 1, 1, "open", "2.9 times what the launch planned, for 30 minutes."),
        alert(2, "spike", 3, 2, "acknowledged", "5 times what is usual at this hour."),
        alert(3, "new_theme", 5, None, "open", "41 tickets from 38 people within two hours."),
    ]


def _lineage() -> list[dict[str, Any]]:
    def step(step_id: int, kind: str, theme_id: int, other_id: int | None, tickets: int, reason: str) -> dict[str, Any]:
        return {
            "id": step_id,
            "epoch": 5_900_000 + step_id,
            "kind": kind,
            "theme_id": theme_id,
            "other_id": other_id,
            "tickets": tickets,
            "reason": reason,
            "figures": {},
        }

    return [
        step(1, "birth", 1, None, 24, "A dense group among the unthemed tickets."),
        step(2, "merge", 1, 13, 20, "Their tickets are as near to each other as to their own."),
    ]


def _tickets(draw: random.Random) -> Iterator[dict[str, Any]]:
    openings = ("Hello,", "Hi team,", "Please help:", "Second time I write.", "Urgent!")
    endings = (
        "My card ends in [CARD].",
        "Write to me at [EMAIL].",
        "This is the third time.",
        "When will it be fixed?",
    )
    for theme in THEMES:
        for number in range(12):
            title = f"{theme.name}" if number % 3 else f"{theme.name} again"
            middle = f"{theme.name.lower()} since {number + 1} hours."
            body = f"{draw.choice(openings)} {middle} {draw.choice(endings)}"
            yield {
                "id": f"T-{theme.theme_id}-{number}",
                "source": "/zendesk/acme",
                "event_id": f"e-{theme.theme_id}-{number}",
                "time": END - timedelta(minutes=7 * number + 3),
                "mined_epoch": bucket_of(END) - number,
                "title": title,
                "body": HOSTILE if theme.theme_id == 12 else body,
                "erased_at": END if number == 2 else None,
                "region": draw.choice(("US", "BR", "ID", "GB")),
                "platform": draw.choice(("ios", "android")),
                "app_version": "38.1.0",
                "channel": "in_app",
                "counted": True,
                "status": "open",
            }


def _assignment(ticket: dict[str, Any]) -> dict[str, Any]:
    theme_id = int(ticket["id"].split("-")[1])
    return {
        "ticket_id": ticket["id"],
        "theme_id": theme_id,
        "epoch": ticket["mined_epoch"],
        "how": "assigned",
        "confidence": 0.8,
        "nearest": theme_id,
        "remembered": True,
    }


def _decision() -> dict[str, Any]:
    payload = {"title": "Pix webhook of the acquirer is late", "jira": "PAY-2290", "workaround": None}
    return {
        "at": END + timedelta(minutes=1),
        "actor": "ada",
        "kind": "known_issue",
        "theme_id": 3,
        "payload": payload,
        "applied_epoch": None,
    }
