"""A database with tickets of some people, whose words occur nowhere else, and what erases from it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select

from alerts.settings import AlertSettings
from groundswell.erasure.eraser import Eraser, ErasureParts
from groundswell.erasure.manifest import Manifest
from groundswell.erasure.proof import read_proofs, write_proofs
from groundswell.erasure.signing import Signer
from groundswell.erasure.subjects import Subjects
from groundswell.erasure.verification import Verification, Verifier
from models.embedding import HashingEmbedder
from store.database import open_database, reading, upgrade
from store.digests import DigestWindow
from store.erasure.scope import ErasureSubject
from store.inbox import InboxDelivery, put_deliveries
from store.quotations import QuotationKind, digest_key, record_quotations
from store.records import seen_events
from store.schema import audit, changes, decisions, digests, launches, macros, metadata, rebuilds, spikes, themes
from store.spikes import write_spikes
from stream.arrival import Arrival
from stream.processing import BatchOutcome, Processor
from stream.raw import Raw
from stream.receive.stored import stored_event
from tests.pipelines.making import make_spike

KEY = b"k" * 32
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WINDOW = DigestWindow(START, START + timedelta(days=1))
ANA = "Ana.Gomez@example.com"
WORDS = "the violet kite above our harbour never came back after tuesday"
"""Words of Ana's ticket, that nobody else writes."""


class CountingEmbedder(HashingEmbedder):
    """The hashing model, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.cleared = 0

    def embed(self, texts: Sequence[str]) -> Any:
        """Embed, and remember."""
        self.texts += texts
        return super().embed(texts)

    def clear(self) -> None:
        """Count how often the cache was cleared."""
        self.cleared += 1


class Desk:
    """One database and its folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.engine = open_database(url)
        upgrade(self.engine)
        self.alerts = AlertSettings(digest_folder=folder / "digests", outbox_folder=folder / "notifications")
        self.signer = Signer(folder / "erasure.key")
        self.manifest = Manifest(folder / "elsewhere" / "erasures.jsonl", self.signer)
        self.subjects = Subjects([KEY], [])
        self.embedder = CountingEmbedder()
        self.processor = Processor(self.embedder, KEY, self.clock)
        self.ticks = 0
        self._position = 0

    def clock(self) -> datetime:
        """A wall clock that goes on by a second each time."""
        self.ticks += 1
        return NOW + timedelta(seconds=self.ticks)

    def eraser(self, letters: Any = None) -> Eraser:
        """Return what erases here."""
        return Eraser(
            ErasureParts(
                self.engine,
                self.alerts,
                self.signer,
                self.manifest,
                letters,
                self.subjects.ticket_hash,
                "ops",
                self.clock,
            )
        )

    def erase(self, *subjects: ErasureSubject) -> list[dict[str, Any]]:
        """Erase, and return the proofs."""
        return self.eraser().erase(subjects)

    def verify(self, proofs: Sequence[dict[str, Any]], letters: Any = None) -> list[Verification]:
        """Write the proofs to a file, and check them as a person would."""
        path = self.folder / "proof.json"
        write_proofs(path, proofs)
        verifier = Verifier(self.engine, self.alerts, letters, self.subjects.ticket_hash)
        return verifier.verify(read_proofs(path, self.signer))

    def send(self, *lines: bytes) -> BatchOutcome:
        """Store lines as one batch."""
        arrival = Arrival(
            epoch=timedelta(minutes=5), lateness=timedelta(minutes=3), newest={"f": None}, first_open=None
        )
        batch = [Raw(self._position + n, line) for n, line in enumerate(lines)]
        self._position += len(lines)
        prepared = self.processor.prepare(
            "f", batch, lambda keys: self.read(lambda c: seen_events(c, keys)), lambda: reading(self.engine)
        )
        with self.engine.begin() as connection:
            return self.processor.record(connection, prepared, arrival)

    def read(self, look: Any) -> Any:
        """Read something."""
        with reading(self.engine) as connection:
            return look(connection)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        return self.read(lambda connection: list(connection.execute(select(table)).mappings()))

    def everything(self) -> str:
        """All that the database holds, but for vectors, as one text in lower case."""
        return repr({table.name: self.rows(table) for table in metadata.sorted_tables}).lower()

    def files(self) -> str:
        """All that the folders of digests and notifications hold."""
        found = [path for path in self.folder.rglob("*.*") if path.suffix in (".md", ".html", ".json", ".jsonl")]
        return "\n".join(path.read_text() for path in sorted(found)).lower()


def line(
    event_id: str, kind: str, /, subject: str = "T-1", minute: int = 0, source: str = "/desk", **data: Any
) -> bytes:
    """An event as a line of a file."""
    return orjson.dumps({
        "specversion": "1.0", "id": event_id, "source": source, "type": kind, "subject": subject,
        "time": (START + timedelta(minutes=minute)).isoformat(), "data": data,
    })  # fmt: skip


def story() -> list[bytes]:
    """Ana's ticket with a comment and an update, another of hers, and one of Bob."""
    return [
        line("e1", "ticket.created", title=f"Kite: {WORDS}", body=f"{WORDS}. My name is zenobia.", requester=ANA,
             tags=["zenobia"], custom={"note": "zenobia again"}, region="DE"),
        line("e2", "comment.added", minute=1, body="zenobia asks again about the violet kite"),
        line("e3", "ticket.updated", minute=2, title="zenobia changed this", priority="high"),
        line("e4", "ticket.created", "T-2", 3, title="second of zenobia", requester=ANA, region="FR"),
        line("e5", "ticket.created", "T-3", 4, title="Refund of parcel", body="Where is my parcel", requester="bob@example.com"),
        line("e6", "ticket.rated", minute=5, csat=9, body="zenobia rated this", requester=ANA),
        line("e7", "ticket.rated", "T-9", 5, csat=9, body="zenobia rated this", requester=ANA),
        b'{"subject": "T-1", "data": {"body": "zenobia is cut',
    ]  # fmt: skip


def plant(desk: Desk) -> None:
    """Copy Ana's words to wherever people and digests may quote them."""
    quote = f"> {WORDS} — *T-1*\n> other words — *T-3*\n"
    note = f"Customer says: {WORDS.upper()}!"
    theme = {
        "name": "kites",
        "keywords": [],
        "state": "live",
        "status": "stable",
        "size": 2,
        "born_epoch": 1,
        "named_size": 2,
    }
    with desk.engine.begin() as connection:
        connection.execute(insert(themes).values(id=1, known_issue={"title": note, "workaround": note}, **theme))
        connection.execute(insert(decisions).values(
            at=NOW, actor="ops", kind="known_issue", theme_id=1, payload={"title": note}, why=note, outcome={"said": [note]}
        ))  # fmt: skip
        connection.execute(insert(audit).values(at=NOW, actor="ops", action="x", subject="1", detail={"why": note}))
        write_spikes(connection, [make_spike(1, 1, START, START + timedelta(hours=1))])
        connection.execute(spikes.update().values(note=note, evidence=["T-1", "T-3"]))
        connection.execute(insert(launches).values(
            source="ops", subject="L", id="1", time=START, kind="launch", title=note, start=START, end=NOW, scope={},
            tolerance=0.3, expected=[{"about": note, "lift": 2.0}],
        ))  # fmt: skip
        connection.execute(insert(changes).values(
            source="ops", subject="C", id="1", time=START, kind="release", title=note, scope={}
        ))  # fmt: skip
        connection.execute(insert(macros).values(beginning=WORDS, tickets=20, learned_at=NOW))
        connection.execute(insert(rebuilds).values(
            at=NOW, actor="ops", model="m", state="ready", next_epoch=1,
            report={"born": [{"examples": [WORDS], "quoted": ["T-1"]}], "note": note},
        ))  # fmt: skip
        connection.execute(insert(digests).values(
            audience="everyone", start=WINDOW.start, end=WINDOW.end, markdown=quote, html="<p>nothing</p>"
        ))  # fmt: skip
        record_quotations(connection, QuotationKind.DIGEST, digest_key("everyone", WINDOW), ["T-1", "T-3"])
        record_quotations(connection, QuotationKind.REBUILD, "1", ["T-1"])
        put_deliveries(connection, [InboxDelivery("zendesk", "d1", NOW, waiting(desk))])
    for path in digest_files(desk):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(quote)


def waiting(desk: Desk) -> list[dict[str, Any]]:
    """Events of Ana that wait in the inbox: a comment, and a third ticket."""
    raws = [
        line("e8", "comment.added", minute=6, body="zenobia waits"),
        line("e9", "ticket.created", "T-4", 7, title="third of zenobia", requester=ANA),
        line("e10", "ticket.created", "T-5", 8, title="Refund again", requester="bob@example.com"),
    ]
    return [stored_event(desk.processor.admit(Raw(0, raw), NOW), KEY) for raw in raws]  # type: ignore[arg-type]


def digest_files(desk: Desk) -> Sequence[Path]:
    """Where the files of the digest are."""
    from alerts.quoted_files import files_of

    return [path for path in files_of(desk.alerts, digest_key("everyone", WINDOW)) if path.suffix == ".md"]
