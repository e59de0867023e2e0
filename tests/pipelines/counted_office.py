"""A database whose themes are there from the beginning and whose tickets are put into them: mining without words, in milliseconds."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert

from models.epochs import epoch_end
from models.theme import KnownIssue
from pipelines.context import EpochContext
from pipelines.decisions.preview import decide, propose_undo
from pipelines.epoch.counts import write_count_changes
from pipelines.epoch.run import mine
from pipelines.state import MinerState, restore
from pipelines.themes.sizes import add_arrivals
from store.database import open_database, reading, upgrade
from store.decisions import Decision, append_decision, flag_known_issue, read_decision
from store.epochs import read_miner
from store.known_issue_records import KnownIssueRecord, known_issue
from store.listings import list_alerts, list_spikes, list_themes
from store.schema import assignments, metadata, themes, tickets, vectors
from store.themes import write_themes
from store.transitions import StatusChange, read_transitions
from tests.pipelines.chain import NOW, make_rules

RULES = make_rules(epoch=timedelta(hours=1), learning=timedelta(days=3))
BEGIN = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() // 3600)
"""The first epoch."""

VECTOR = np.eye(1, 384, dtype="<f2")[0].tobytes()


class CountedOffice:
    """Puts tickets into themes, decides, and mines hour by hour; an hour is an epoch and is counted from `BEGIN`."""

    def __init__(
        self, names: tuple[str, ...] = ("login fails", "payout late", "gift lost"), url: str = "sqlite://"
    ) -> None:
        self.engine = open_database(url)
        upgrade(self.engine) if url != "sqlite://" else metadata.create_all(self.engine)
        self.hour = 0
        self.tickets = 0
        with self.engine.begin() as connection:
            for number, name in enumerate(names, 1):
                connection.execute(insert(themes).values(**_theme(number, name)))
            self.state = self._restored(connection)
        for _ in names:
            self.state.index.new_theme()

    @classmethod
    def opened(cls, url: str, hour: int, tickets: int) -> "CountedOffice":
        """Go on with a copy of a database in which so many hours were mined and so many tickets put."""
        office = cls.__new__(cls)
        office.engine, office.hour, office.tickets = open_database(url), hour, tickets
        office.restart()
        return office

    def _restored(self, connection: Connection) -> MinerState:
        now = epoch_end(BEGIN + self.hour - 1, 3600.0)
        return restore(connection, read_miner(connection), RULES.mining, RULES.model, now)

    def restart(self) -> None:
        """Go on with what is stored alone."""
        with reading(self.engine) as connection:
            self.state = self._restored(connection)

    def history(self, hours: int, arrivals: Mapping[int, int]) -> "CountedOffice":
        """Count so many tickets of each hour, as if they had been mined and were forgotten since."""
        with self.engine.begin() as connection:
            context = EpochContext.begin(connection, self.state, BEGIN + hours, RULES)
            start = epoch_end(BEGIN - 1, 3600.0)
            self.state.first_epoch, self.state.record_start = BEGIN, start
            for theme, n in arrivals.items():
                times = [
                    start + timedelta(hours=hour, minutes=50 * place / n) for hour in range(hours) for place in range(n)
                ]
                for time in times:
                    context.changes.count(theme, time, dict.fromkeys(RULES.mining.dimensions))
                    self.state.themes[theme].add_ticket(time)
            write_count_changes(context)
            write_themes(connection, [one.as_row() for one in self.state.themes])
        self.hour = hours
        return self

    def mine(self, hours: int = 1, arrivals: Mapping[int, int] | None = None, **attributes: str) -> "CountedOffice":
        """Mine hours, each with so many new tickets of each theme, every one by a person of its own."""
        for _ in range(hours):
            epoch = BEGIN + self.hour
            with self.engine.begin() as connection:
                self._arrive(connection, epoch, arrivals or {}, attributes)
                mine(connection, self.state, epoch, RULES)
            self.hour += 1
        return self

    def _arrive(
        self, connection: Connection, epoch: int, arrivals: Mapping[int, int], attributes: Mapping[str, str]
    ) -> None:
        context = EpochContext.begin(connection, self.state, epoch, RULES)
        for theme, n in arrivals.items():
            for place in range(n):
                time = context.window.start + (place + 1) * timedelta(minutes=55) / (n + 1)
                self._ticket(connection, epoch, theme, time, attributes)
                context.changes.count(theme, time, dict.fromkeys(RULES.mining.dimensions) | dict(attributes))
                add_arrivals(context, [(theme, time)])
        write_count_changes(context)

    def _ticket(
        self, connection: Connection, epoch: int, theme: int, time: datetime, attributes: Mapping[str, str]
    ) -> None:
        self.tickets += 1
        key = f"T-{self.tickets}"
        name = self.state.themes[theme].name
        connection.execute(insert(tickets).values(
            id=key, source="/t", event_id=f"e-{key}", time=time, mined_epoch=epoch, title=f"Help with {name}",
            body=f"Good day. Since yesterday the {name} again. My number is {self.tickets}.", counted=True, status="open",
            requester=f"p-{key}", **attributes,
        ))  # fmt: skip
        connection.execute(insert(vectors).values(ticket_id=key, model=RULES.model, vector=VECTOR))
        connection.execute(insert(assignments).values(
            ticket_id=key, theme_id=theme, epoch=epoch, how="assigned", confidence=0.9, nearest=theme, remembered=False,
        ))  # fmt: skip

    def decide(self, theme: int, kind: str, /, why: str | None = None, **payload: Any) -> Decision:
        """Append a decision as it is."""
        with self.engine.begin() as connection:
            return append_decision(connection, theme, kind, payload, actor="ada", at=NOW, why=why)

    def do(self, what: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function that writes, as `ada`."""
        with self.engine.begin() as connection:
            return what(connection, *arguments, actor="ada", at=NOW, **options)

    def ask(self, what: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function that reads."""
        with reading(self.engine) as connection:
            return what(connection, *arguments, **options)

    def flag(self, theme: int, title: str = "Logins fail") -> int:
        """Flag a theme; returns the number of the decision."""
        return int(self.do(flag_known_issue, theme, KnownIssue(title=title)).decision_id)

    def undo(self, decision: int) -> Decision:
        """Undo a decision as `bo`."""
        with self.engine.begin() as connection:
            return decide(connection, propose_undo(connection, decision), cap=1000, actor="bo", at=NOW)

    def look(self, decision: Decision) -> Decision:
        """Read a decision again."""
        return self.ask(read_decision, decision.decision_id)

    def theme(self, theme: int) -> dict[str, Any]:
        """Return a theme's row of the listing."""
        return next(row for row in self.ask(list_themes) if row["id"] == theme)

    def issue(self, number: int) -> KnownIssueRecord:
        """Return a known issue."""
        return self.ask(known_issue, number)

    def changes(self, theme: int) -> list[StatusChange]:
        """Return how the status of a theme changed."""
        return self.ask(read_transitions, [theme])

    def ways(self, theme: int) -> list[tuple[str | None, str]]:
        """Return the changes of a theme's status as words."""
        return [(one.before.value if one.before else None, one.after.value) for one in self.changes(theme)]

    def alerts(self, theme: int) -> list[str]:
        """Return the kinds of the alerts of a theme."""
        return [row["kind"] for row in self.ask(list_alerts) if row["theme_id"] == theme]

    def spikes(self, theme: int) -> list[dict[str, Any]]:
        """Return the spikes of a theme."""
        return [row for row in self.ask(list_spikes) if row["theme_id"] == theme]


def _theme(number: int, name: str) -> dict[str, Any]:
    return {
        "id": number, "name": name, "keywords": name.split(), "state": "live", "status": "ongoing", "size": 0, "first_seen": None,
        "last_seen": None, "born_epoch": BEGIN - 2_000, "named_size": 10**6, "merged_into": None, "known_issue": None,
        "disposition": None, "owner": None, "name_pinned": True,
    }  # fmt: skip
