"""A database whose events are all stored, mined step by step, with decisions in between: what the tests of decisions drive."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from groundswell.embedded import EmbeddedRun
from models.bucket import bucket_of
from models.embedding import HashingEmbedder
from models.source_silence import segment_of_source
from models.spikes.series import segments_of
from pipelines.decisions.preview import DecisionPreview, decide
from pipelines.miner import Miner
from store.database import open_database, reading
from store.decisions import Decision, read_decision
from store.schema import assignments, counts, lineage, segments, themes, tickets
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, make_rules, open_new, write_parts
from tests.pipelines.story import ISSUES, NEWCOMER, START, Story

RULES = make_rules(epoch=timedelta(hours=1), learning=timedelta(days=3), gather_pool=40)
FAR = 10**9
HOURS = 3600


def store_events(url: str, folder: Path) -> None:
    """Store the events of a week without mining any of them."""
    engine = open_new(url)
    waiting = RULES.mining.model_copy(update={"lateness": timedelta(days=30)})
    run = EmbeddedRun(engine, HashingEmbedder(), replace(RULES, mining=waiting), clock=lambda: NOW, requester_key=KEY)
    for path in write_parts(folder, Story(days=7, per_day=45).parts(timedelta(days=4))):
        with open_events(path) as source:
            run.ingest([source], keep_open=True)
    engine.dispose()


class Office:
    """Mines a database up to hours of the story, and decides at them."""

    def __init__(self, engine: Engine, *, restart_every: int = 0) -> None:
        self.engine = engine
        self._restart_every = restart_every
        self.rules = RULES
        self._miner = Miner(engine, RULES, lambda: NOW, "far:1")
        self.changes: dict[int, Counter[tuple[int | None, int | None]]] = {}

    @classmethod
    def copy(cls, file: Path, to: Path, **options: int) -> "Office":
        """Return an office over a copy of an SQLite database."""
        shutil.copy(file, to)
        return cls(open_database(f"sqlite:///{to}"), **options)

    def until(self, *, days: float) -> "Office":
        """Mine to a time of the story; with `restart_every` the miner is a new one each so many epochs."""
        end = int(START.timestamp() // HOURS + days * 24)
        while True:
            left = [self._restart_every or FAR]
            for _ in self._miner.mine_until(end, lambda left=left: left[0] <= 0):
                left[0] -= 1
            if left[0] > 0:
                return self
            self.restart()

    def watched(self, *, days: float) -> "Office":
        """Mine to a time, noting after each epoch which tickets changed their theme in it."""
        end = int(START.timestamp() // HOURS + days * 24)
        before = self.themes_of_tickets()
        epoch = self._miner.next_epoch()
        for _ in self._miner.mine_until(end):
            after = self.themes_of_tickets()
            epoch = (self._miner.next_epoch() or 0) - 1
            ways = ((before[key], theme) for key, theme in after.items() if key in before and before[key] != theme)
            self.changes[epoch] = Counter(ways)
            before = after
        return self

    def restart(self) -> None:
        """Go on with a miner that knows nothing but what is stored."""
        self._miner.release()
        self._miner = Miner(self.engine, self.rules, lambda: NOW, "far:1")

    def decide(self, proposal: DecisionPreview, why: str | None = None) -> Decision:
        """Make a decision."""
        with self.engine.begin() as connection:
            return decide(connection, proposal, cap=10_000, actor="ada", at=NOW, why=why)

    def propose(self, what, *arguments, **options) -> DecisionPreview:
        """Ask for a proposal."""
        with reading(self.engine) as connection:
            return what(connection, *arguments, **options)

    def decided(self, what, *arguments, **options) -> Decision:
        """Propose and decide in one."""
        return self.decide(self.propose(what, *arguments, **options))

    def look(self, decision: Decision) -> Decision:
        """Read a decision again."""
        with reading(self.engine) as connection:
            return read_decision(connection, decision.decision_id)

    def pair(self, purity: float = 0.6) -> tuple[int, int]:
        """Return the two largest themes in which one issue has so large a share, another one each; with 0 just those."""
        issues = self.issues()
        found: dict[str, int] = {}
        sizes = Counter(theme for theme in self.themes_of_tickets().values() if theme is not None)
        for theme, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
            about, n = Counter(issues[ticket] for ticket in self.members(theme)).most_common(1)[0]
            if not purity:
                found[str(theme)] = theme
            elif about and n >= purity * size:
                found.setdefault(about, theme)
        one, other = list(found.values())[:2]
        return one, other

    def issues(self) -> dict[str, str]:
        """What each mined ticket is about, by its words; empty for noise."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(tickets.c.id, tickets.c.body).where(tickets.c.mined_epoch.is_not(None))
            ).all()
        words = {name: set(said.split()) for name, said in {**ISSUES, "newcomer": NEWCOMER}.items()}
        issues = {}
        for row in rows:
            shared = {name: len(known & set(row.body.split())) for name, known in words.items()}
            best = max(shared, key=lambda name: shared[name])
            issues[row.id] = best if shared[best] > 5 else ""
        return issues

    def alike(self, ticket_ids: set[str]) -> set[str]:
        """Mined tickets about what most of some tickets are about."""
        issues = self.issues()
        about = Counter(issues[ticket] for ticket in ticket_ids if issues[ticket]).most_common(1)[0][0]
        return {ticket for ticket, said in issues.items() if said == about}

    def themes_of_tickets(self) -> dict[str, int | None]:
        """Theme of each mined ticket."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(assignments.c.ticket_id, assignments.c.theme_id))
            return {row.ticket_id: row.theme_id for row in rows}

    def members(self, theme: int) -> set[str]:
        """Tickets of a theme."""
        return {ticket for ticket, now in self.themes_of_tickets().items() if now == theme}

    def theme(self, theme: int):
        """A theme's row."""
        with reading(self.engine) as connection:
            return connection.execute(select(themes).where(themes.c.id == theme)).one()

    def lineage(self, *kinds: str) -> list:
        """Lineage rows of some kinds, or all."""
        query = select(lineage).order_by(lineage.c.id)
        with reading(self.engine) as connection:
            return [row for row in connection.execute(query) if not kinds or row.kind in kinds]


def check_counts(engine: Engine) -> None:
    """Assert that every bucket, theme and segment holds exactly its counted tickets, and sizes are numbers of members."""
    with reading(engine) as connection:
        stored = connection.execute(
            select(counts.c.bucket, counts.c.theme_id, segments.c.key, counts.c.n)
            .join(segments, segments.c.id == counts.c.segment_id)
            .where(counts.c.n != 0)
        ).all()
        query = select(tickets, assignments.c.theme_id).join(assignments, assignments.c.ticket_id == tickets.c.id)
        expected: Counter[tuple[int, int, str]] = Counter()
        sizes: Counter[int] = Counter()
        for row in connection.execute(query.where(tickets.c.counted)).mappings():
            sizes[row["theme_id"] or 0] += 1
            for segment in segments_of(row, RULES.mining.dimensions, RULES.mining.pairs):
                for theme in {0, row["theme_id"] or 0}:
                    expected[bucket_of(row["time"]), theme, segment.key] += 1
        for row in connection.execute(select(tickets).where(tickets.c.mined_epoch.is_not(None))).mappings():
            expected[bucket_of(row["time"]), 0, segment_of_source(row["source"]).key] += 1
        assert {(bucket, theme, key): n for bucket, theme, key, n in stored} == expected
        for row in connection.execute(select(themes)):
            assert row.size == sizes[row.id], row.id


def check_lineage(office: Office) -> None:
    """Assert that each change of a ticket's theme that was watched has its event, with the right number of tickets."""
    recorded: dict[int, Counter] = {}
    births: Counter = Counter()
    for row in office.lineage():
        if row.kind == "birth":
            births[row.epoch, row.theme_id] += row.tickets
        way = {
            "join": (None, row.theme_id), "leave": (row.theme_id, None), "move": (row.theme_id, row.other_id),
            "merge": (row.theme_id, row.other_id), "split": (row.theme_id, row.other_id),
        }.get(row.kind)  # fmt: skip
        if way is not None:
            recorded.setdefault(row.epoch, Counter())[way] += row.tickets
    assert office.changes
    for epoch, changed in office.changes.items():
        born = {theme for at, theme in births if at == epoch}
        for theme in born:
            # A ticket that came in this very epoch was in no theme before it.
            joined = sum(n for (_, to), n in recorded.get(epoch, Counter()).items() if to == theme)
            assert sum(n for (_, to), n in changed.items() if to == theme) <= births[epoch, theme] + joined
        rest = {way: n for way, n in changed.items() if way[1] not in born}
        # Tickets of a merged theme that themselves moved first are recorded in both steps.
        for way, n in rest.items():
            assert recorded.get(epoch, Counter())[way] >= n, (epoch, way, n, recorded.get(epoch))
