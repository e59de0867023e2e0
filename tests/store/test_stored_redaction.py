"""What older versions stored is redacted by the rules of today: every text, once, and nothing that rows refer to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, String, TypeDecorator, insert, select, update

from alerts.redacted_files import redact_files
from alerts.settings import AlertSettings
from groundswell.errors import GroundswellError
from groundswell.stored_redaction import redact_everything
from models.redaction import RedactionSettings, Redactor
from models.segment import Segment
from store.database import open_database, upgrade
from store.lease import claim_lease
from store.redacted_values import StoredValues
from store.redaction import KEPT, REDACTED, StoredRedaction
from store.schema import counts, decisions, digests, events, inbox, macros, metadata, segments, themes, tickets
from store.types import Json, UtcTime
from tests.console.seed import seed
from tests.groundswell.front import front_door

CARD = "4111 1111 1111 1111"
AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str):
    """Return an empty database of each kind."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def add_ticket(engine: Engine, number: int, text: str, **values: object) -> None:
    """Write a ticket as an older version did."""
    row = {
        "id": f"T-{number}",
        "source": "/desk",
        "event_id": f"e-{number}",
        "time": AT,
        "counted": True,
        "status": "open",
    }
    with engine.begin() as connection:
        connection.execute(insert(tickets).values(**row, title=text, body=text, **values))


def run(engine: Engine, folder: Path, **options: object) -> dict[str, dict]:
    """Redact everything and return what was done by table."""
    settings = AlertSettings(digest_folder=folder / "digests", outbox_folder=folder / "outbox")
    done = redact_everything(engine, settings, Redactor(), clock=lambda: AT, **options)
    return {row["table"]: row for row in done}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_of_text_is_redacted_or_kept_for_a_reason(table):
    """A new column of text has to be decided on before it can hold what nobody redacts."""
    redacted = REDACTED.get(table, ())
    texts = [
        one
        for one in table.columns
        if isinstance(one.type, String | Json | TypeDecorator) and not isinstance(one.type, UtcTime)
    ]
    undecided = [one.name for one in texts if one.name not in redacted and one.name not in KEPT]
    assert undecided == [], "name them in store/redaction.py, in REDACTED or, with the reason, in KEPT"
    assert set(redacted) <= {one.name for one in texts}


def test_stored_texts_are_redacted_once(engine, tmp_path):
    """Titles, texts, attributes, custom values and data of events lose their cards; a second run changes nothing."""
    add_ticket(
        engine, 1, f"Card {CARD}", region=CARD, custom={"id": CARD, CARD: ["x", {"n": 4111111111111111}]}, tags=[CARD]
    )
    add_ticket(engine, 2, "nothing", custom={"order": "2026-11-20"})
    with engine.begin() as connection:
        data = {"body": CARD, "into": "4111111111111111", "custom": {"id": CARD}}
        row = {
            "source": "/desk",
            "id": "e-9",
            "type": "ticket.merged",
            "subject": "T-1",
            "time": AT,
            "late": False,
            "data": data,
        }
        connection.execute(insert(events).values(row))
    first = run(engine, tmp_path)
    assert (first["tickets"]["rows"], first["tickets"]["changed"]) == (2, 1)
    assert first["tickets"]["found"] == {"CARD": 7}
    with engine.connect() as connection:
        row = connection.execute(select(tickets).where(tickets.c.id == "T-1")).one()
        kept = connection.execute(select(events.c.data)).scalar_one()
    assert (row.title, row.region, row.tags) == ("Card [CARD]", "[CARD]", ["[CARD]"])
    assert row.custom == {"id": "[CARD]", "[CARD]": ["x", {"n": "[CARD]"}]}
    assert kept == {"body": "[CARD]", "into": "4111111111111111", "custom": {"id": "[CARD]"}}
    assert sum(one["changed"] for one in run(engine, tmp_path).values()) == 0


def test_a_dry_run_counts_and_changes_nothing(engine, tmp_path):
    """It says what the run then does."""
    add_ticket(engine, 1, f"Card {CARD}")
    dry = run(engine, tmp_path, dry_run=True)
    with engine.connect() as connection:
        assert connection.execute(select(tickets.c.title)).scalar_one() == f"Card {CARD}"
    assert run(engine, tmp_path) == dry


def test_batches_reach_every_row(engine):
    """The key of the last row of a batch is where the next one begins, whatever the key is made of."""
    for number in range(23):
        add_ticket(engine, number, CARD)
    with engine.begin() as connection:
        row = {"type": "ticket.created", "subject": "T-1", "time": AT, "late": False, "data": {"body": CARD}}
        keys = [{"source": f"/{one}", "id": f"{two}"} for one in range(3) for two in range(7)]
        connection.execute(insert(events), [{**row, **key} for key in keys])
    stored = StoredRedaction(engine, Redactor(), batch=5)
    assert len(stored.tickets()) == 23
    done = {one.table: one for one in stored.tables()}
    assert (done["tickets"].changed, done["events"].changed) == (23, 21)


def test_a_run_that_was_killed_is_completed_by_the_next(engine, tmp_path):
    """After any table the run may end; quotes in digests are replaced before the tickets that they are found by."""
    add_ticket(engine, 1, f"Card {CARD}")
    with engine.begin() as connection:
        quote = "> Card 4111 1111 1111 1111 — *T-1*\n"
        row = {"audience": "everyone", "start": AT, "end": AT + timedelta(days=1)}
        connection.execute(insert(digests).values(**row, markdown=quote, html=""))
    settings = AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "outbox")
    killed = redact_everything(engine, settings, Redactor(), clock=lambda: AT)
    next(killed)
    killed.close()
    assert run(engine, tmp_path)["tickets"]["changed"] == 1
    with engine.connect() as connection:
        assert connection.execute(select(digests.c.markdown)).scalar_one() == "> [redacted since]\n"


def test_two_segments_that_become_one_keep_their_counts(engine, tmp_path):
    """Counts of segments whose values differed only in what is redacted are added up, bucket by bucket."""
    keys = [Segment.of({"vendor": value}).key for value in (CARD, "5555 5555 5555 4444", "x")]
    with engine.begin() as connection:
        connection.execute(insert(segments), [{"id": number, "key": key} for number, key in enumerate(keys, 1)])
        cells = [(1, 7, 3), (1, 8, 1), (2, 7, 4), (3, 7, 5)]
        connection.execute(
            insert(counts), [{"theme_id": 0, "segment_id": one, "bucket": two, "n": n} for one, two, n in cells]
        )
    run(engine, tmp_path)
    with engine.connect() as connection:
        left = {row.key: row.id for row in connection.execute(select(segments))}
        found = Counter({(row.segment_id, row.bucket): row.n for row in connection.execute(select(counts))})
    assert set(left) == {'{"vendor":"[CARD]"}', '{"vendor":"x"}'}
    assert found == {(1, 7): 7, (1, 8): 1, (3, 7): 5}


def test_what_is_no_text_of_people_stays(engine, tmp_path):
    """Identities, hashes and times of waiting deliveries and decisions are as they were; equal macros become one."""
    event = {"id": "4111111111111111", "source": "/desk", "subject": "4111111111111111", "time": "2026-11-20T08:00:00Z",
             "type": "ticket.created", "data": {"title": CARD, "requester": "requester-hash:4111111111111111"}}  # fmt: skip
    with engine.begin() as connection:
        row = {"system": "events", "delivery_id": "4111111111111111", "received_at": AT, "events": [event]}
        connection.execute(insert(inbox).values(row))
        decided = {"at": AT, "actor": "ana", "kind": "pin", "theme_id": 1, "why": CARD}
        connection.execute(insert(decisions).values(**decided, payload={"tickets": ["4111111111111111"], "name": CARD}))
        learned = [
            {"beginning": f"our card {one}", "tickets": 3, "learned_at": AT} for one in (CARD, CARD.replace(" ", "-"))
        ]
        connection.execute(insert(macros), learned)
    run(engine, tmp_path)
    with engine.connect() as connection:
        row = connection.execute(select(inbox)).one()
        decision = connection.execute(select(decisions)).one()
        beginnings = connection.execute(select(macros.c.beginning)).scalars().all()
    assert row.events == [{**event, "data": {**event["data"], "title": "[CARD]"}}]
    assert row.delivery_id == "4111111111111111"
    assert (decision.payload, decision.why) == ({"tickets": ["4111111111111111"], "name": "[CARD]"}, "[CARD]")
    assert beginnings == ["our card [CARD]"]


def test_a_database_that_is_mined_is_left_alone(engine, tmp_path):
    """Another process that has the lease would write back what it has in memory."""
    with engine.begin() as connection:
        claim_lease(connection, "another", AT, timedelta(minutes=1))
    with pytest.raises(GroundswellError, match="is being mined by another; stop it"):
        run(engine, tmp_path)
    assert run(engine, tmp_path, dry_run=True)["tickets"]["changed"] == 0


def test_files_are_redacted_between_their_tags(tmp_path):
    """Charts, styles and markup of a digest stay; its texts and the lines of notifications are redacted."""
    settings = AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "outbox")
    page = f'<style>a{{width:4111 1111 1111 1111}}</style><path d="M{CARD}"/><p title="x">Card {CARD} &amp; more</p>'
    written = {
        "digests/2026-11-20/a.html": page, "digests/2026-11-20/a.md": f"# Card {CARD}\n",
        "outbox/a/b.jsonl": f'{{"id":7,"text":"{CARD}"}}\n',
        "outbox/a/c.md": "nothing\n",
    }  # fmt: skip
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "outbox" / "foreign.bin").write_bytes(b"\xff\xfe")
    done = redact_files(settings, Redactor(), set())
    assert (done.files, done.changed, done.found) == (4, 3, {"CARD": 3})
    assert (tmp_path / "digests/2026-11-20/a.html").read_text() == page.replace(f"Card {CARD}", "Card [CARD]")
    assert orjson.loads((tmp_path / "outbox/a/b.jsonl").read_bytes()) == {"id": 7, "text": "[CARD]"}
    assert redact_files(settings, Redactor(), set()).changed == 0


def test_a_clean_database_has_nothing_to_redact(tmp_path):
    """Of a launch day's database nothing is taken for a secret: neither figures nor charts, segments, states or ids."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    seed(engine)
    done = run(engine, tmp_path)
    engine.dispose()
    assert {name: row["found"] for name, row in done.items() if row["changed"]} == {}
    assert done["tickets"]["rows"] > 100


def test_a_text_without_secrets_is_returned_as_it_is():
    """Values of other kinds than text are as they were."""
    values = StoredValues(Redactor(), Counter())
    assert values.json({"a": [1, 2.5, None, True, "x"], "time": "2026"}) == {
        "a": [1, 2.5, None, True, "x"],
        "time": "2026",
    }


def test_redact_stored_reports_by_table(tmp_path, monkeypatch, capfd):
    """`groundswell redact stored` prints what it changed; with --dry-run it changes nothing."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    seed(engine)
    with engine.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == 1).values(name=f"Card {CARD}"))
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA": str(tmp_path / "data"), "DATABASE__URL": f"sqlite:///{tmp_path / 'a.db'}"}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    command = front_door(monkeypatch, capfd)
    rows = orjson.loads(command("redact", "stored", "--dry-run", "--json").out)
    assert [row["found"] for row in rows if row["changed"]] == [{"CARD": 1}]
    done = command("redact", "stored")
    assert (done.code, "1 CARD" in done.out) == (0, True)
    assert "Nothing that is stored has to be redacted." in command("redact", "stored").out
    engine.dispose()


def test_declared_ids_are_kept_in_what_is_stored(tmp_path):
    """`redact stored` applies the settings: a format that operators declare is kept where it was declared."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    add_ticket(
        engine, 1, "order ORD4111111111111111", custom={"order": "ORD4111111111111111", "note": "4111111111111111"}
    )
    keep = {"order": {"prefix": "ORD", "length": 19, "fields": ["custom.order"], "sources": ["/desk"]}}
    stored = StoredRedaction(engine, Redactor(RedactionSettings.model_validate({"keep": keep})))
    assert [one.changed for one in stored.tables() if one.table == "tickets"] == [1]
    with engine.connect() as connection:
        row = connection.execute(select(tickets.c.title, tickets.c.custom)).one()
    engine.dispose()
    assert tuple(row) == ("order ORD[CARD]", {"order": "ORD4111111111111111", "note": "[CARD]"})


def test_nothing_is_left_in_the_file(tmp_path):
    """Neither free pages nor the write-ahead log hold what was redacted."""
    file = tmp_path / "a.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    for number in range(40):
        add_ticket(engine, number, f"Card {CARD} " * 50)
    run(engine, tmp_path)
    engine.dispose()
    left = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    assert CARD.encode() not in left
    assert b"[CARD]" in left
