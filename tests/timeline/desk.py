"""A desk whose tickets, people and messages follow a timeline: what is pushed when, and what must reach whom until when.

The manner is that of Alertmanager's acceptance tests: the whole chain runs, from stored events to the channel, with an injected clock.
Every message must have been expected, and every expected one must come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
from sqlalchemy import Connection, Engine

from alerts.channels.base import Message
from alerts.match import Match
from alerts.outbox import deliver_all
from alerts.ownership import EVERYONE, Audience, Ownership, QuietHours
from alerts.settings import AlertSettings
from alerts.subscriptions import Subscription
from models.embedding import HashingEmbedder
from models.epochs import epoch_of
from models.spikes.settings import SpikeSettings
from models.themes.settings import ThemeSettings
from pipelines.decisions.preview import decide, propose_rename
from pipelines.miner import Miner
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from store.alerts import Alert, list_alerts
from store.database import open_database, reading, upgrade
from stream.arrival import Arrival
from stream.processing import Processor
from stream.raw import Raw
from tests.harness.memory_channel import MemoryChannel
from tests.pipelines.chain import KEY, theme_about
from tests.pipelines.story import ISSUES, NEWCOMER

DAY = datetime(2026, 11, 10, tzinfo=UTC)
"""The day of the timelines, a Tuesday; the eight days before it are usual."""
HISTORY = timedelta(days=8)
EPOCH = timedelta(minutes=15)
WORDS = {**ISSUES, "seat": NEWCOMER}

AUDIENCES = (
    Audience("wallet", Match({"team": frozenset({"coins"})}), channels=("wallet",)),
    Audience("brazil", Match({"region": frozenset({"BR"})}), channels=("brazil",)),
    Audience(
        "night", Match({"region": frozenset({"ID"})}), channels=("night",), quiet_hours=QuietHours(time(22), time(7))
    ),
    Audience("launch-desk", channels=("desk",), subscriptions=(Subscription(launches=True),)),
    Audience(EVERYONE, channels=("everyone",)),
)


def rules_of(**alerts: Any) -> Rules:
    """Rules under which eight days are a history: epochs of a quarter of an hour, no lateness."""
    mining = MiningSettings(
        epoch=EPOCH, lateness=timedelta(0), dimensions=("region", "platform", "app_version"), pairs=(),
        themes=ThemeSettings(learning=timedelta(days=2), first_learning=100, memory=1_200, gather_pool=40),
        spikes=SpikeSettings(learning_hours=72, history_hours=192, recent_buckets=4 * 288),
    )  # fmt: skip
    return Rules(
        mining=mining, alerts=AlertSettings(learning_period=timedelta(days=3), **alerts), ownership=Ownership(AUDIENCES),
        model=HashingEmbedder().name,
    )  # fmt: skip


class Clock:
    """The time of the timeline."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it arrived."""

    at: datetime
    channel: str
    message: Message

    @property
    def news(self) -> str | None:
        """What it was sent as."""
        return self.message.payload.get("news") or self.message.kind

    def __str__(self) -> str:
        payload = self.message.payload
        return f"{self.at:%d %H:%M} {self.channel} {self.news}: {payload.get('title')} {payload.get('reason')}"


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that must come once between two times."""

    begin: datetime
    end: datetime
    channel: str
    news: str
    says: tuple[str, ...]

    def is_met_by(self, sent: Sent) -> bool:
        """Check whether a message is it."""
        payload = sent.message.payload
        text = " ".join((str(payload.get("title", "")), str(payload.get("reason", "")), sent.message.text))
        return (
            self.begin <= sent.at <= self.end and self.channel == sent.channel and self.news == sent.news
            and all(word in text for word in self.says)
        )  # fmt: skip


def at(clock: str, days: int = 0) -> datetime:
    """A time of the timeline's day, or of a later one."""
    hours, minutes = (int(one) for one in clock.split(":"))
    return DAY + timedelta(days=days, hours=hours, minutes=minutes)


Act = Callable[["Desk"], None]


@dataclass
class Desk:
    """A timeline on a database that holds the history."""

    engine: Engine
    rules: Rules
    seed: int = 1
    sent: list[Sent] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    acts: list[tuple[datetime, Act]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin where the history ends."""
        self.clock = Clock(DAY)
        self.random = Random(self.seed)
        names = {name for one in self.rules.ownership.audiences for name in one.channels}
        self.channels = {name: MemoryChannel(name) for name in sorted(names)}
        self.processor = Processor(HashingEmbedder(), KEY, lambda: DAY + timedelta(days=60))

    # ── what happens ──
    def push(self, begin: datetime, issue: str, tickets: int, *, over: timedelta, **attributes: str) -> None:
        """Have tickets of an issue, evenly spread from a time on; each has a requester of its own."""
        for number in range(tickets):
            words = self.random.sample(WORDS[issue].split(), 10)
            self.write(begin + over * (number + 0.5) / tickets, "ticket.created", None, {
                "title": "", "body": " ".join(words), "requester": f"{issue}-{len(self.events)}",
                "region": self.random.choice(("US", "GB")), "platform": self.random.choice(("ios", "android")),
                "app_version": "5.0.0", "team": issue, **attributes,
            })  # fmt: skip

    def usual(self, begin: datetime, end: datetime) -> None:
        """Have what is usual: every issue every two hours, at all times."""
        for number, issue in enumerate(ISSUES):
            moment = begin + timedelta(minutes=17 * number)
            while moment < end:
                self.push(
                    moment, issue, 1, over=timedelta(minutes=2), region=self.random.choice(("US", "GB", "BR", "ID"))
                )
                moment += timedelta(minutes=120)

    def launch(
        self, subject: str, begin: datetime, end: datetime, *, known: datetime | None = None, **data: Any
    ) -> None:
        """Have a launch planned, known from a time on: the day's beginning unless it is given."""
        plan = {
            "kind": "launch",
            "title": subject,
            "start": begin.isoformat(),
            "end": end.isoformat(),
            "tolerance": 0.3,
            **data,
        }
        self.write(known or DAY, "launch.planned", subject, plan)

    def write(self, moment: datetime, kind: str, subject: str | None, data: dict[str, Any]) -> None:
        """Have any event."""
        number = len(self.events)
        prefix = f"{moment:%m%d}-{self.seed}"
        self.events.append({
            "specversion": "1.0", "id": f"e-{prefix}-{number:05d}", "source": "/desk", "type": kind, "time": moment.isoformat(),
            "subject": subject or f"T-{prefix}-{number:05d}", "data": data,
        })  # fmt: skip

    def act(self, moment: datetime, act: Act) -> None:
        """Have a person do something."""
        self.acts.append((moment, act))

    # ── what must come of it ──
    def expect(self, begin: datetime, end: datetime, channel: str, news: str, *says: str) -> None:
        """Expect one message between two times that says something; whatever is not expected must not come."""
        self.expected.append(Expected(begin, end, channel, news, says))

    def run(self, until: datetime) -> None:
        """Let time pass, send what is due after each epoch, and compare with what was expected."""
        self.usual(DAY, until)
        self._store()
        acts = sorted(self.acts, key=lambda one: one[0])
        miner, rules = Miner(self.engine, self.rules, self.clock, holder="timeline"), self.rules
        while self.clock.now < until:
            while acts and acts[0][0] <= self.clock.now:
                acts.pop(0)[1](self)
            if rules is not self.rules:
                miner.release()
                miner, rules = Miner(self.engine, self.rules, self.clock, holder="timeline"), self.rules
            self.clock.now += EPOCH
            for _ in miner.mine_until(epoch_of(self.clock.now, EPOCH.total_seconds())):
                pass
            self._deliver()
        miner.release()
        self._compare()

    def restart_with(self, rules: Rules) -> None:
        """Restart the miner with other rules."""
        self.rules = rules

    def alerts(self) -> list[Alert]:
        """The alerts that were opened so far."""
        with reading(self.engine) as connection:
            return list_alerts(connection)

    def theme(self, word: str) -> int:
        """The theme that holds most of the tickets with a word in their text."""
        with reading(self.engine) as connection:
            return theme_about(connection, word)

    def change(self, change: Callable[[Connection], object]) -> None:
        """Do something in a transaction."""
        with self.engine.begin() as connection:
            change(connection)

    def _store(self) -> None:
        lines = [orjson.dumps(one) for one in sorted(self.events, key=lambda one: (one["time"], one["id"]))]
        store_lines(self.engine, self.processor, lines, f"timeline-{self.seed}")

    def _deliver(self) -> None:
        done = deliver_all(
            self.engine, self.channels, self.rules.ownership, clock=self.clock, settings=self.rules.alerts
        )
        assert done.problems == ()
        for name, channel in self.channels.items():
            known = sum(one.channel == name for one in self.sent)
            self.sent += [Sent(self.clock.now, name, message) for message in channel.messages[known:]]

    def _compare(self) -> None:
        left = [
            one for one in self.sent if one.message.payload.get("news") is not None or one.message.kind != "incident"
        ]
        missed = []
        for one in self.expected:
            found = next((sent for sent in left if one.is_met_by(sent)), None)
            if found is None:
                missed.append(one)
            else:
                left.remove(found)
        report = "\n".join(
            ["sent:", *map(str, self.sent), "missed:", *map(str, missed), "not expected:", *map(str, left)]
        )
        assert not missed, report
        assert not left, report


def store_lines(engine: Engine, processor: Processor, lines: Sequence[bytes], stream: str) -> None:
    """Store events as one batch, as a file would be."""
    batch = [Raw(number, line) for number, line in enumerate(lines)]
    prepared = processor.prepare(stream, batch, lambda _: set())
    arrival = Arrival(epoch=EPOCH, lateness=timedelta(0), newest={stream: None}, first_open=None)
    with engine.begin() as connection:
        outcome = processor.record(connection, prepared, arrival)
    assert outcome.stored == len(lines)


def history(path: Path) -> None:
    """Write a database of eight usual days."""
    engine = open_database(f"sqlite:///{path}")
    upgrade(engine)
    desk = Desk(engine, rules_of(), seed=0)
    desk.usual(DAY - HISTORY, DAY)
    desk._store()
    miner = Miner(engine, desk.rules, desk.clock, holder="history")
    for _ in miner.mine_until(epoch_of(DAY, EPOCH.total_seconds())):
        pass
    miner.release()
    for issue, words in ISSUES.items():
        _rename(desk, desk.theme(words.split()[0]), issue)
    engine.dispose()


def _rename(desk: Desk, theme: int, name: str) -> None:
    with desk.engine.begin() as connection:
        decide(connection, propose_rename(connection, theme, name), cap=10, actor="ada", at=DAY)


def with_audiences(rules: Rules, *audiences: Audience) -> Rules:
    """The same rules with other audiences."""
    return replace(rules, ownership=Ownership(audiences))
