"""A made-up stream of tickets for the tests of the chain: small, seeded, with everything in it that has a rule.

The texts are bags of words, so that `HashingEmbedder` sees the issues apart. Each event has the time at which it happened and a
time at which it arrives; the lines come in the order of arrival.
"""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, tzinfo=UTC)
LATENESS = timedelta(hours=2, minutes=10)
SOURCE = "/desk/acme"

ISSUES = {
    "coins": "coins recharge missing wallet balance purchase receipt live pending credited bought package diamonds",
    "refund": "refund returned parcel seller money bank days waiting cancelled promised statement approved slow",
    "login": "login password code sms expired locked account verification device reset blocked attempt email",
    "gift": "gift stream creator sent animation streamer battle rose combo viewer vanished effect room",
    "payout": "payout withdrawal creator earnings transfer minimum threshold rejected tax form identity paypal week",
    "advert": "advert campaign budget overspent impressions billing invoice daily cap advertiser charge manager paused",
    "shipping": "shipping courier tracking late warehouse address delivery lost box customs stuck driver porch",
}
NEWCOMER = "seat ticket concert venue barcode gate scanner refused entry stadium queue wristband row"
FILLER = ("please", "help", "with", "this", "today", "again", "still", "why", "the", "my", "it", "since", "yesterday")
REGIONS, METHODS, VERSIONS = ("US", "BR", "ID"), ("card", "pix", "wallet"), ("5.0.0", "5.1.0")


@dataclass(frozen=True)
class StoryEvent:
    """An event, when it happened, and when it arrives."""

    time: datetime
    arrives: datetime
    event: dict

    @property
    def line(self) -> bytes:
        """The event as a line of a file."""
        return json.dumps(self.event).encode() + b"\n"


class Story:
    """Ten days of an unlucky payment desk.

    A usual week; on the eighth day a release after which one issue surges in one version, on the ninth a launch
    with a plan, and an issue that nobody has seen before.
    """

    def __init__(self, seed: int = 7, *, days: int = 10, per_day: int = 140) -> None:
        self._random = random.Random(seed)
        self._written: list[StoryEvent] = []
        self._tickets = 0
        self._made = 0
        for day in range(days):
            self._usual_day(day, per_day)
        if days >= 7:
            self._release(START + timedelta(days=days - 3, hours=10))
        self._launch(START + timedelta(days=days - 2, hours=12))
        self._newcomer(START + timedelta(days=days - 2, hours=8))
        self._surge(START + timedelta(days=days - 2, hours=15), 8)
        self._surge(START + timedelta(days=days - 1, hours=14), 110)
        self.end = START + timedelta(days=days)

    def events(self) -> list[StoryEvent]:
        """All events, in the order in which they arrive."""
        return sorted(self._written, key=lambda one: (one.arrives, one.event["id"]))

    def parts(self, cut: timedelta, shuffled_by: random.Random | None = None) -> tuple[bytes, bytes]:
        """Two files: what happened before `START + cut`, and the rest.

        The first ends with its newest event, so that the watermark after it does not depend on the order of the others.
        `shuffled_by` delays every event anew within the allowed lateness.
        """
        events = self.events() if shuffled_by is None else self.shuffled(shuffled_by)
        last = self._created(START + cut - timedelta(seconds=1), "last of its part", {})
        first = [one for one in events if one.time < START + cut]
        rest = [one for one in events if one.time >= START + cut]
        return b"".join(one.line for one in [*first, last]), b"".join(one.line for one in rest)

    def shuffled(self, chance: random.Random) -> list[StoryEvent]:
        """Return all events in another order: each is delayed anew, within the allowed lateness."""
        events, allowed = self.events(), LATENESS.total_seconds() - 60
        arrivals = [(one.time + timedelta(seconds=chance.uniform(0, allowed)), n) for n, one in enumerate(events)]
        return [events[n] for _, n in sorted(arrivals)]

    def _usual_day(self, day: int, per_day: int) -> None:
        issues = list(ISSUES)
        for _ in range(per_day):
            hour = self._random.triangular(0, 24, 15)
            time = START + timedelta(days=day, hours=hour)
            if self._random.random() < 0.1:
                self._ticket(time, self._noise())
            else:
                self._ticket(time, self._text(self._random.choice(issues)))

    def _release(self, time: datetime) -> None:
        self._other(
            time,
            "change.recorded",
            "release-5.2.0",
            {"kind": "release", "title": "App 5.2.0", "scope": {"app_version": "5.2.0"}},
        )
        for _ in range(60):
            at = time + timedelta(minutes=self._random.uniform(20, 300))
            self._ticket(at, self._text("coins"), app_version="5.2.0", platform="android")

    def _launch(self, time: datetime) -> None:
        plan = {
            "kind": "launch", "title": "Gift night", "start": time.isoformat(), "end": (time + timedelta(hours=6)).isoformat(),
            "scope": {"region": "US"}, "tolerance": 0.3, "expected": [{"about": ISSUES["gift"], "lift": 12.0}],
        }  # fmt: skip
        self._other(time - timedelta(days=1), "launch.planned", "gift-night", plan)
        for _ in range(30):
            self._ticket(time + timedelta(minutes=self._random.uniform(0, 360)), self._text("gift"), region="US")

    def burst(self, issue: str, time: datetime, length: timedelta, *, tickets: int) -> None:
        """Have more tickets of an issue, evenly spread over a stretch of time."""
        for _ in range(tickets):
            self._ticket(time + self._random.random() * length, self._text(issue))

    def redact(self, time: datetime, share: float) -> None:
        """Have a share of the tickets created before a time redacted within a day after it, as where people ask for it at once."""
        created = {
            one.event["subject"]: None
            for one in self._written
            if one.event["type"] == "ticket.created" and one.time < time
        }
        for subject in self._random.sample(list(created), round(share * len(created))):
            self._other(time + timedelta(minutes=self._random.uniform(0, 1440)), "ticket.redacted", subject, {})

    def _surge(self, time: datetime, tickets: int) -> None:
        for _ in range(tickets):
            self._ticket(time + timedelta(minutes=self._random.uniform(0, 240)), self._text("refund"))

    def _newcomer(self, time: datetime) -> None:
        for _ in range(45):
            self._ticket(
                time + timedelta(minutes=self._random.uniform(0, 200)),
                " ".join(self._random.sample(NEWCOMER.split(), 12)),
            )

    def _ticket(self, time: datetime, body: str, **attributes: str) -> None:
        chosen = {
            "region": self._random.choice(REGIONS), "payment_method": self._random.choice(METHODS),
            "platform": self._random.choice(("ios", "android")), "app_version": self._random.choice(VERSIONS), **attributes,
        }  # fmt: skip
        created = self._created(time, body, chosen)
        self._write(created)
        self._lifecycle(created)

    def _created(self, time: datetime, body: str, attributes: dict) -> StoryEvent:
        self._tickets += 1
        data = {"title": "", "body": body, "requester": f"u-{self._random.randrange(900)}", **attributes}
        return self._make(time, "ticket.created", f"T-{self._tickets:05d}", data)

    def _lifecycle(self, created: StoryEvent) -> None:
        subject, time = created.event["subject"], created.time
        drawn = self._random.random()
        soon = time + timedelta(minutes=self._random.uniform(1, 90))
        later = time + timedelta(hours=self._random.uniform(3, 30))
        other = f"T-{self._random.randint(1, self._tickets):05d}"
        if drawn < 0.02:
            self._write(self._make(soon, "ticket.merged", subject, {"into": other}))
        elif drawn < 0.03:
            self._write(self._make(later, "ticket.spam", subject, {}))
        elif drawn < 0.06:
            self._write(self._make(soon, "ticket.deleted", subject, {}))
            if drawn < 0.045:
                self._write(self._make(later, "ticket.undeleted", subject, {}))
        elif drawn < 0.08:
            self._write(self._make(later, "ticket.redacted", subject, {}))
        elif drawn < 0.11:
            self._write(self._make(later, "ticket.solved", subject, {}))
            self._write(
                self._make(later + timedelta(minutes=5), "ticket.rated", subject, {"csat": self._random.randint(1, 5)})
            )
        elif drawn < 0.14:
            self._write(
                self._make(soon, "comment.added", subject, {"body": "and another thing", "author_role": "agent"})
            )

    def _make(self, time: datetime, kind: str, subject: str, data: dict) -> StoryEvent:
        self._made += 1
        event = {
            "specversion": "1.0", "id": f"e-{self._made:06d}", "source": SOURCE, "type": kind, "time": time.isoformat(),
            "subject": subject, "data": data,
        }  # fmt: skip
        # One in fifty arrives up to two hours later: after what happened to its ticket meanwhile.
        delay = timedelta(hours=self._random.uniform(0.5, 2)) if self._random.random() < 0.02 else timedelta(0)
        return StoryEvent(time, time + delay, event)

    def _other(self, time: datetime, kind: str, subject: str, data: dict) -> None:
        self._write(self._make(time, kind, subject, data))

    def _write(self, event: StoryEvent) -> None:
        self._written.append(event)
        if self._random.random() < 0.01:
            self._written.append(
                StoryEvent(event.time, event.arrives + timedelta(minutes=self._random.uniform(1, 5)), event.event)
            )

    def _text(self, issue: str) -> str:
        return self._words(ISSUES[issue].split())

    def _words(self, words: list[str]) -> str:
        return " ".join([*self._random.sample(words, 10), self._random.choice(FILLER)])

    def _noise(self) -> str:
        return " ".join(f"w{self._random.randrange(4000)}" for _ in range(10))
