"""The story of launch day: what was planned, what was changed, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from groundswell.demo.attribute import NEW_VERSION
from models.alert import AlertKind
from models.segment import Segment
from models.times import rfc3339

FESTIVAL, EARLY_DEALS = "L-lights-festival", "L-early-deals"
IOS_RELEASE, PIX_TIMEOUT = "C-ios-38.2.0", "C-pix-timeout"

FESTIVAL_START, FESTIVAL_END = timedelta(hours=12), timedelta(hours=22)
DEALS_START, DEALS_END = timedelta(hours=20), timedelta(hours=24)
RELEASE_TIME = timedelta(hours=9, minutes=10)
"""Times of the story count from the first minute of launch day, UTC."""

LIVE = Segment.of({"business_line": "live"})
ECOMMERCE = Segment.of({"business_line": "ecommerce"})
NEW_IOS = Segment.of({"platform": "ios", "app_version": NEW_VERSION})
BRAZIL_PIX = Segment.of({"region": "BR", "payment_method": "pix"})


@dataclass(frozen=True, slots=True)
class StoryIncident:
    """Something that brings tickets on launch day beyond the usual ones.

    Either `tickets` says how many, in a burst, or `lift` how many times the usual volume, spread as usual.
    `issue` is None where all issues of the segment are meant.
    """

    kind: str
    issue: str | None
    segment: Segment
    start: timedelta
    end: timedelta
    should_signal: bool
    tickets: int | None = None
    lift: float = 1.0
    change_id: str | None = None
    launch_id: str | None = None


INCIDENTS = (
    StoryIncident(
        "in_plan", "coins_not_credited", LIVE, FESTIVAL_START, FESTIVAL_END, False, lift=5, launch_id=FESTIVAL
    ),
    StoryIncident("in_plan", None, ECOMMERCE, DEALS_START, DEALS_END, False, lift=1.3, launch_id=EARLY_DEALS),
    StoryIncident(
        AlertKind.LAUNCH_EXCESS,
        "gift_not_delivered",
        LIVE,
        timedelta(hours=14),
        timedelta(hours=19),
        True,
        tickets=140,
        launch_id=FESTIVAL,
    ),
    StoryIncident(
        AlertKind.NEW_THEME, "lucky_wheel_prize", LIVE, timedelta(hours=13), timedelta(hours=18), True, tickets=110
    ),
    StoryIncident(
        AlertKind.SPIKE,
        "bank_confirmation_blank",
        NEW_IOS,
        timedelta(hours=9, minutes=40),
        timedelta(hours=14),
        True,
        tickets=90,
        change_id=IOS_RELEASE,
    ),
    StoryIncident(
        AlertKind.SPIKE,
        "payment_stuck_pending",
        BRAZIL_PIX,
        timedelta(hours=15, minutes=50),
        timedelta(hours=19, minutes=30),
        True,
        tickets=110,
        change_id=PIX_TIMEOUT,
    ),
)


AS_PLANNED = (
    StoryIncident(
        "in_plan",
        "gift_not_delivered",
        LIVE,
        FESTIVAL_START,
        FESTIVAL_END,
        should_signal=False,
        lift=2.5,
        launch_id=FESTIVAL,
    ),
)
"""What the plan itself brings to an issue that also goes above it: its tickets are nobody's incident."""


@dataclass(frozen=True, slots=True)
class Record:
    """A revision of a launch or a change: its subject, type, time and data."""

    subject: str
    type: str
    time: datetime
    data: dict[str, Any]


def records(launch_day: datetime) -> Iterator[Record]:
    """The plans and changes around `launch_day` (midnight UTC): those that matter and those that might."""
    yield from _plans(launch_day)
    for subject, kind, title, scope, after in _CHANGES:
        data = {"kind": kind, "title": title, "scope": scope, "url": f"https://changes.example.com/{subject}"}
        yield Record(subject, "change.recorded", launch_day + after, data)


def _plans(launch_day: datetime) -> Iterator[Record]:
    # The plan for the festival is revised once; the later revision is the one that holds.
    for coins, before in ((4.0, timedelta(days=4, hours=-10)), (5.0, timedelta(days=2, hours=-15))):
        yield Record(FESTIVAL, "launch.planned", launch_day - before, _festival(launch_day, coins))
    deals = {
        "kind": "sale",
        "title": "Early Deals night",
        "start": stamp(launch_day + DEALS_START),
        "end": stamp(launch_day + DEALS_END),
        "scope": ECOMMERCE.as_dict(),
        "tolerance": 0.3,
        "expected": [{"all": True, "lift": 1.3}],
    }
    yield Record(EARLY_DEALS, "launch.planned", launch_day - timedelta(days=3, hours=-9), deals)


def _festival(launch_day: datetime, coins: float) -> dict[str, Any]:
    return {
        "kind": "launch",
        "title": "LIVE Lights Festival",
        "start": stamp(launch_day + FESTIVAL_START),
        "end": stamp(launch_day + FESTIVAL_END),
        "scope": LIVE.as_dict(),
        "tolerance": 0.3,
        "expected": [
            {"about": "I bought coins and the coins were not credited to my balance", "lift": coins},
            {"about": "I sent a gift in a LIVE and the streamer did not receive it", "lift": 2.5},
        ],
    }


_CHANGES: tuple[tuple[str, str, str, dict[str, str], timedelta], ...] = (
    (
        "C-android-38.1.1",
        "release",
        "Android 38.1.1: smaller download",
        {"platform": "android"},
        timedelta(days=-3, hours=9),
    ),
    (
        "C-ads-template",
        "config",
        "New layout of ad invoices",
        {"user_type": "advertiser"},
        timedelta(days=-1, hours=14),
    ),
    (
        "C-rule-4471",
        "rule_update",
        "Wallet risk rule 4471 relaxed",
        {"region": "GB", "payment_method": "wallet"},
        timedelta(hours=8, minutes=15),
    ),
    (IOS_RELEASE, "release", "iOS 38.2.0: new in-app browser", NEW_IOS.as_dict(), RELEASE_TIME),
    ("C-help-pages", "config", "Help pages reordered", {"channel": "web_form"}, timedelta(hours=11)),
    (
        PIX_TIMEOUT,
        "config",
        "Pix confirmation timeout lowered to 20 s",
        BRAZIL_PIX.as_dict(),
        timedelta(hours=15, minutes=30),
    ),
    (
        "C-sepa-delay",
        "incident",
        "Clearing house reports slow SEPA batches",
        {"region": "DE", "payment_method": "sepa"},
        timedelta(hours=16, minutes=40),
    ),
    (
        "C-web-colours",
        "release",
        "Web: new colours of the seller centre",
        {"platform": "web", "user_type": "merchant"},
        timedelta(hours=13, minutes=5),
    ),
)


def stamp(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond where there are any."""
    return rfc3339(time, "milliseconds" if time.microsecond else "seconds")
