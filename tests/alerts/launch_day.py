"""A launch day in a database: what the digest tests read, small enough to know by heart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, Table, insert

from alerts.ownership import Ownership
from alerts.ownership_file import read_ownership
from models.bucket import bucket_of
from models.segment import EVERYTHING
from store import schema
from store.digests import DigestWindow
from store.types import UtcTime

DAY = datetime(2026, 11, 20, tzinfo=UTC)
WINDOW = DigestWindow(DAY, DAY + timedelta(days=1))
LIVE = {
    "business_line": "live",
    "user_type": "buyer",
    "platform": "ios",
    "region": "US",
    "payment_method": "card",
}
BRAZIL = {"business_line": "ecommerce", "user_type": "buyer", "region": "BR", "payment_method": "pix"}
SHOP = {"business_line": "ecommerce", "user_type": "merchant", "region": "GB", "payment_method": "card"}

PIX, COINS, GIFTS, DECLINED, STATEMENT, PAYOUT, CRASH, MERGED = range(1, 9)

LONG = (
    "Money left my account with Pix but the order is not confirmed. This is the third time I write and "
    "nobody answers, the chat closes by itself after a minute, and the seller says that without confirmation "
    "nothing is shipped before Monday"
)

# theme: name, status, attributes, tickets an hour, expected an hour, texts
THEMES = {
    PIX: (
        "Pix payment stays pending",
        "new",
        BRAZIL,
        [0] * 13 + [4, 11, 13, 9, 6, 3, 1] + [0] * 4,
        None,
        [
            "Paid by Pix two hours ago, the bank says sent, your app says pending. Order [ORDER]",
            "Meu Pix saiu da conta e o pedido continua pendente",
            "pix <b>pending</b> since noon <!channel> @here **please** look at http://example.org/me",
            LONG,
        ],
    ),
    COINS: (
        "Coins not credited after purchase",
        "ongoing",
        LIVE,
        [1] * 17 + [6, 9, 8, 7, 5, 4, 3],
        [1.0] * 17 + [6.5] * 7,
        ["Bought 500 coins, balance is the same", "Coins missing after payment", "Where are my coins?"],
    ),
    GIFTS: (
        "Gift sent but creator did not get it",
        "ongoing",
        LIVE,
        [0, 1] * 8 + [2, 9, 17, 21, 18, 12, 8, 5],
        [0.6] * 17 + [2.4] * 7,
        [
            "My gift was charged, the creator never saw it",
            "gift lost in the LIVE room, charged [CARD]",
            "sent a rose, gone",
        ],
    ),
    DECLINED: (
        "Card declined at checkout",
        "known",
        SHOP,
        [2, 1, 3, 2] * 6,
        [1.9] * 24,
        ["Card declined though there is money on it", "payment refused again and again"],
    ),
    STATEMENT: (
        "Name on the card statement",
        "ongoing",
        SHOP,
        [0, 1, 0, 0] * 6,
        [0.25] * 24,
        ["What is this charge on my statement"],
    ),
    PAYOUT: ("Payout to bank account delayed", "ongoing", SHOP, [0] * 24, [0.5] * 24, []),
    CRASH: (
        "App closes on the payment page",
        "ongoing",
        {**SHOP, "platform": "android", "app_version": "38.2.0"},
        [0] * 9 + [1, 3, 6, 5, 6, 4, 5, 4, 3, 3, 2, 1, 1, 0, 0],
        [0.3] * 24,
        [
            "App closes when I press pay",
            "crash on payment since the update",
            "The app shuts down on the last step of paying",
        ],
    ),
}

SPIKES = [
    # id, theme, segment, kind, start, end, observed, expected, severity, launch, gate, verdict
    (
        1,
        PIX,
        {"payment_method": "pix", "region": "BR"},
        "spike",
        "13:15",
        "19:00",
        46,
        3.1,
        61.0,
        None,
        "theme_already_alerted",
        "segment payment_method pix in region BR explains 96 % of the excess",
    ),
    (
        2,
        GIFTS,
        {},
        "launch_excess",
        "17:30",
        None,
        88,
        16.8,
        74.5,
        "L-1",
        None,
        "nothing on record explains it",
    ),
    (
        3,
        CRASH,
        {"app_version": "38.2.0"},
        "spike",
        "10:10",
        "20:00",
        40,
        3.0,
        40.2,
        None,
        None,
        "a release explains it",
    ),
    (
        4,
        DECLINED,
        {},
        "spike",
        "11:00",
        "12:00",
        6,
        1.9,
        2.0,
        None,
        "known_issue_within_envelope",
        "nothing on record explains it",
    ),
]

CAUSES = [
    (
        1,
        1,
        "segment",
        {"payment_method": "pix", "region": "BR"},
        None,
        0.96,
        "96 % of the excess is in payment_method pix, region BR, at 14.2 times its usual rate",
    ),
    (1, 2, "change", None, "C-1", 0.4, "recorded 20 minutes before the start, in region BR"),
    (3, 1, "segment", {"app_version": "38.2.0"}, None, 0.93, "93 % of the excess is in app_version 38.2.0"),
    (3, 2, "change", None, "C-2", 0.9, "recorded 70 minutes before the start, in app_version 38.2.0"),
]

OWNERSHIP = """
[[audience]]
name = "live-payments"
match = { business_line = "live" }
timezone = "America/Los_Angeles"
quiet_hours = ["22:00", "07:00"]

[[audience]]
name = "brazil"
match = { region = "BR" }

[[audience]]
name = "advertisers"
match = { user_type = "advertiser" }
"""


def read_owners(folder: Path) -> Ownership:
    """Read the day's ownership file."""
    path = folder / "ownership.toml"
    path.write_text(OWNERSHIP, encoding="utf-8")
    return read_ownership(path)


def at(clock: str | None) -> datetime | None:
    """`13:15` of the day."""
    return None if clock is None else DAY + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


def seed(engine: Engine) -> None:
    """Write the day."""
    with engine.begin() as connection:
        for table, rows in (
            (schema.segments, [{"id": 1, "key": EVERYTHING.key}, {"id": 2, "key": '{"region":"BR"}'}]),
            (schema.themes, _themes()),
            (schema.tickets, _tickets()),
            (schema.assignments, _assignments()),
            (schema.counts, _counts()),
            (schema.bands, _bands()),
            (schema.spikes, _spikes()),
            (schema.causes, _causes()),
            (schema.changes, _changes()),
            (schema.launches, _launches()),
            (schema.alerts, _alerts()),
        ):
            connection.execute(insert(table), [{**blank(table), **row} for row in rows])


def blank(table: Table) -> dict[str, object]:
    """What columns that digests do not read are filled with."""
    blanks = {int: 0, float: 0.0, str: "", bool: False}
    return {
        column.name: blanks.get(column.type.python_type, {})
        for column in table.columns
        if not column.nullable and not isinstance(column.type, UtcTime)
    }


def _alerts() -> Iterator[dict[str, object]]:
    yield {
        "id": 1,
        "kind": "new_theme",
        "theme_id": PIX,
        "spike_id": None,
        "state": "open",
        "audience": "brazil",
        "opened_at": at("13:40"),
        "reason": "6 tickets from 6 requesters since 13:15 UTC about something not seen before",
    }


def _themes() -> Iterator[dict[str, object]]:
    for theme_id, (name, status, _, hourly, _, _) in THEMES.items():
        known = (
            {
                "title": "Issuer rejects 3-D Secure",
                "jira": "PAY-812",
                "workaround": "Ask for another card",
                "since": "2026-11-18T09:00:00Z",
                "usual_per_day": 48.0,
            }
            if theme_id == DECLINED
            else None
        )
        yield {
            "id": theme_id,
            "name": name,
            "keywords": name.lower().split()[:4],
            "state": "live",
            "status": status,
            "size": sum(hourly) + (0 if status == "new" else 400),
            "last_seen": DAY,
            "first_seen": at("13:15") if status == "new" else DAY - timedelta(days=20),
            "born_epoch": 1,
            "named_size": 5,
            "merged_into": None,
            "known_issue": known,
            "owner": None,
        }
    yield {
        "id": MERGED,
        "name": "Pix pending",
        "keywords": [],
        "state": "merged",
        "status": "new",
        "size": 0,
        "last_seen": DAY,
        "first_seen": DAY,
        "born_epoch": 1,
        "named_size": 5,
        "merged_into": PIX,
        "known_issue": None,
        "owner": None,
    }


def _times() -> Iterator[tuple[int, int, datetime, dict[str, str], str]]:
    for theme_id, (_, _, attributes, hourly, _, texts) in THEMES.items():
        number = 0
        for hour, tickets in enumerate(hourly):
            for place in range(tickets):
                number += 1
                yield (
                    theme_id,
                    number,
                    DAY + timedelta(hours=hour, minutes=place * 60 / tickets),
                    attributes,
                    texts[number % len(texts)],
                )


def _tickets() -> Iterator[dict[str, object]]:
    for theme_id, number, time, attributes, text in _times():
        names = ("business_line", "user_type", "platform", "region", "payment_method", "app_version")
        yield {
            "id": f"T-{theme_id}{number:03}",
            "source": "/test",
            "event_id": f"e-{theme_id}-{number}",
            "time": time,
            "title": text[:40],
            "body": text,
            "counted": True,
            "status": "open",
            **{name: attributes.get(name) for name in names},
        }


def _assignments() -> Iterator[dict[str, object]]:
    for theme_id, number, _, _, _ in _times():
        yield {
            "ticket_id": f"T-{theme_id}{number:03}",
            "theme_id": theme_id,
            "epoch": 1,
            "how": "nearest",
            "confidence": 0.9 - number / 1000,
        }


def _counts() -> Iterator[dict[str, int]]:
    found: dict[tuple[int, int], int] = {}
    for theme_id, _, time, _, _ in _times():
        for series in (0, theme_id):
            found[series, bucket_of(time)] = found.get((series, bucket_of(time)), 0) + 1
    for (theme_id, bucket), n in sorted(found.items()):
        yield {"theme_id": theme_id, "segment_id": 1, "bucket": bucket, "n": n}
    yield {
        "theme_id": PIX,
        "segment_id": 2,
        "bucket": bucket_of(DAY),
        "n": 1000,
    }  # another segment: not in totals


def _bands() -> Iterator[dict[str, object]]:
    first = bucket_of(DAY) // 12
    for theme_id, (_, _, _, _, expected, _) in THEMES.items():
        for hour, mean in enumerate(expected or ()):
            planned = hour >= 17 and theme_id in (COINS, GIFTS)
            spread = 2 * mean**0.5 + (0.3 * mean if planned else 0)
            yield {
                "theme_id": theme_id,
                "hour": first + hour,
                "mean": mean,
                "low": max(0.0, mean - spread),
                "high": mean + spread,
                "launch_id": "L-1" if planned else None,
            }


def _spikes() -> Iterator[dict[str, object]]:
    for row in SPIKES:
        spike_id, theme_id, segment, kind, start, end, observed, expected, severity, launch, gate, verdict = row
        yield {
            "id": spike_id,
            "theme_id": MERGED if spike_id == 1 else theme_id,
            "segment": segment,
            "kind": kind,
            "start": at(start),
            "end": at(end),
            "detected_at": at(start),
            "observed": observed,
            "expected": expected,
            "ratio": observed / expected,
            "p_value": 1e-6,
            "q_value": 1e-5,
            "severity": severity,
            "now_observed": observed,
            "launch_id": launch,
            "gate": gate,
            "evidence": [f"T-{theme_id}{number:03}" for number in (2, 3, 4)],
            "verdict": verdict,
            "note": None,
            "state": {},
        }


def _causes() -> Iterator[dict[str, object]]:
    for spike_id, rank, kind, segment, change_id, contribution, reason in CAUSES:
        yield {
            "spike_id": spike_id,
            "rank": rank,
            "kind": kind,
            "segment": segment,
            "change_id": change_id,
            "contribution": contribution,
            "relative_risk": None,
            "interval": None,
            "score": 1.0,
            "reason": reason,
        }


def _changes() -> Iterator[dict[str, object]]:
    rows = [
        ("C-1", "1", "12:50", "config", "Pix provider (old title)", {}, None),
        (
            "C-1",
            "2",
            "12:55",
            "config",
            "Pix provider switched to [B]",
            {"region": "BR"},
            "https://changes.example.org/C-1?x=<1>",
        ),
        ("C-2", "1", "09:00", "release", "Android 38.2.0", {"app_version": "38.2.0"}, "javascript:alert(1)"),
    ]
    for subject, revision, clock, kind, title, scope, url in rows:
        yield {
            "source": "/changes",
            "subject": subject,
            "id": revision,
            "time": at(clock),
            "kind": kind,
            "title": title,
            "scope": scope,
            "url": url,
        }


def _launches() -> Iterator[dict[str, object]]:
    for revision, title in (("1", "LIVE gala"), ("2", "LIVE shopping gala")):
        yield {
            "source": "/launches",
            "subject": "L-1",
            "id": revision,
            "time": DAY - timedelta(days=3),
            "kind": "launch",
            "title": title,
            "start": at("17:00"),
            "end": DAY + timedelta(hours=26),
            "scope": {"business_line": "live"},
            "tolerance": 0.3,
            "expected": [{"about": "coins", "lift": 6}],
            "abouts": None,
        }
