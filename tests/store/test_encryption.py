"""Column encryption: the database holds no ticket text in plain, and everything that is read is as without it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, LargeBinary, Text, cast, insert, select, text, update

from store.database import check_schema, open_database, reading, upgrade
from store.encryption import MARK, TextCipher, add_key, give_cipher, read_keys
from store.errors import EncryptionKeyInvalid, EncryptionKeyMissing, EncryptionKeyWrong
from store.phrases import Replacements, replace_phrases
from store.reencryption import check_keys, decrypt_stored, encrypt_stored, encryption_state, sealed_columns
from store.schema import digests, encryption_keys, metadata, quarantine, tickets
from tests.harness.sources import open_events
from tests.pipelines.chain import make_run

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BATCH = 20
WORDS = ("zanzibar", "pangolin", "narwhal", "quokka")


def lines(number: int) -> list[bytes]:
    """Make tickets whose texts, tags and values have words that nothing else has, and one line that is refused."""
    found = [
        orjson.dumps(
            {
                "specversion": "1.0", "id": f"e{at}", "source": "/x", "type": kind, "subject": f"T{at // 2}",
                "time": (NOW - timedelta(minutes=number - at)).isoformat(),
                "data": {"title": f"narwhal {at}", "body": f"quokka {at} is late", "tags": ["pangolin"], "custom": {"k": "zanzibar"}},
            }
        )
        for at in range(number)
        for kind in [("ticket.created", "comment.added")[at % 2]]
    ]  # fmt: skip
    return [*found, b'{"specversion":"1.0","subject":"T9","data":{"title":"zanzibar narwhal"}}']


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return a file with one key."""
    path = tmp_path / "keys" / "column.keys"
    add_key(path)
    return path


def opened(url: str, key_file: Path | None) -> Engine:
    """Open a database at this schema, as commands do."""
    engine = open_database(url, key_file)
    upgrade(engine)
    check_schema(engine)
    check_keys(engine, NOW)
    return engine


def ingest(engine: Engine, tmp_path: Path, number: int = 60) -> None:
    """Ingest the tickets with all that mining writes, and publish a page that quotes them."""
    file = tmp_path / "tickets.jsonl"
    file.write_bytes(b"\n".join(lines(number)))
    with open_events(file) as source:
        make_run(engine).ingest([source])
    with engine.begin() as connection:
        page = {
            "audience": "all",
            "start": NOW,
            "end": NOW,
            "markdown": "the quokka is late",
            "html": "<p>zanzibar</p>",
        }
        connection.execute(insert(digests), [page])


def contents(engine: Engine) -> dict[str, list[tuple]]:
    """Return all rows of all tables, as every listing and page reads them."""
    with reading(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.columns)).all()))
            for table in metadata.sorted_tables
            if table is not encryption_keys
        }


def plain_words(engine: Engine) -> list[str]:
    """Return the columns in which the database has a word of a ticket in plain text; names of themes have some."""
    found = []
    with reading(engine) as connection:
        for table in metadata.sorted_tables:
            for column in table.columns if table.name != "themes" else ():
                raw = (
                    connection.execute(select(cast(column, Text))).scalars()
                    if not isinstance(column.type, LargeBinary)
                    else ()
                )
                if any(word in str(value) for value in raw for word in WORDS):
                    found.append(f"{table.name}.{column.name}")
    return found


def test_nothing_is_in_plain_text_and_everything_reads_the_same(database_url, tmp_path, key_file):
    """A database with keys has no word of a ticket, in any column or file, and gives the rows that one without keys gives."""
    plain = opened(f"sqlite:///{tmp_path / 'plain.db'}", None)
    ingest(plain, tmp_path)
    sealed = opened(database_url, key_file)
    ingest(sealed, tmp_path)
    assert contents(sealed) == contents(plain)
    assert {"tickets.body", "tickets.custom", "events.data", "quarantine.excerpt", "digests.html"} <= set(
        plain_words(plain)
    )
    assert plain_words(sealed) == []
    with reading(sealed) as connection:
        state = encryption_state(connection, TextCipher(read_keys(key_file)))
    assert state.current > 0
    assert (state.older, state.plain) == (0, 0)
    sealed.dispose()
    if sealed.dialect.name == "sqlite":
        raw = b"".join(one.read_bytes() for one in tmp_path.glob("groundswell.db*"))
        assert b"quokka is late" not in raw
        assert b"pangolin" not in raw


def test_a_stored_database_is_encrypted_in_batches_and_resumed(database_url, tmp_path, key_file):
    """Rows that are there are encrypted, after a stop the rest of them; a new key replaces the old one, and decryption undoes it."""
    plain = opened(database_url, None)
    rows = [
        {"id": f"T{at}", "source": "/x", "event_id": f"e{at}", "time": NOW, "title": f"narwhal {at}",
         "body": "" if at % 2 else "quokka",
         "tags": ["pangolin"] if at % 3 else None, "custom": {}, "counted": False, "status": "open"}
        for at in range(BATCH + 40)
    ]  # fmt: skip
    with plain.begin() as connection:
        connection.execute(insert(tickets), rows)
        pages = [
            {"audience": "all", "start": NOW, "end": NOW + timedelta(hours=at), "markdown": "quokka", "html": ""}
            for at in range(BATCH + 2)
        ]
        connection.execute(insert(digests), pages)
    before = contents(plain)
    plain.dispose()

    sealed = opened(database_url, key_file)
    killed = encrypt_stored(sealed, NOW, batch=BATCH)
    assert next(killed) == BATCH
    killed.close()
    assert contents(sealed) == before
    with reading(sealed) as connection:
        assert encryption_state(connection, TextCipher(read_keys(key_file))).plain > 0
    assert sum(encrypt_stored(sealed, NOW, batch=BATCH)) == BATCH + 42
    assert contents(sealed) == before
    assert plain_words(sealed) == []
    assert sum(encrypt_stored(sealed, NOW, batch=BATCH)) == 0

    first = read_keys(key_file)
    add_key(key_file)
    both = opened(database_url, key_file)
    assert contents(both) == before
    assert sum(encrypt_stored(both, NOW, batch=BATCH)) == 2 * BATCH + 42
    key_file.write_text(key_file.read_text().splitlines()[0])
    newest = opened(database_url, key_file)
    assert first[0] not in read_keys(key_file)
    assert contents(newest) == before

    assert sum(decrypt_stored(newest, batch=BATCH)) == 2 * BATCH + 42
    again = opened(database_url, None)
    assert contents(again) == before
    for engine in (sealed, both, newest, again):
        engine.dispose()


def test_a_missing_or_wrong_key_is_one_sentence(database_url, key_file, tmp_path):
    """Who opens an encrypted database without its key is refused at once, and no message has any of its text."""
    sealed = opened(database_url, key_file)
    with sealed.begin() as connection:
        page = {"audience": "all", "start": NOW, "end": NOW, "markdown": "quokka", "html": ""}
        connection.execute(insert(digests), [page])
    other = tmp_path / "other.keys"
    add_key(other)
    for wrong in (None, other):
        engine = open_database(database_url, wrong)
        with pytest.raises(EncryptionKeyMissing, match=r"encrypted with the key [0-9a-f]{16}, which was not given"):
            check_schema(engine)
        with reading(engine) as connection, pytest.raises((EncryptionKeyMissing, EncryptionKeyWrong)) as raised:
            connection.execute(select(digests)).all()
        assert "quokka" not in str(raised.value)
        engine.dispose()
    with sealed.begin() as connection:
        raw = connection.execute(select(cast(digests.c.markdown, Text))).scalar_one()
        changed = raw[:-6] + ("AAAA" if raw[-6:-2] != "AAAA" else "BBBB") + raw[-2:]
        give_cipher(sealed, None)
        connection.execute(text("UPDATE digests SET markdown = :changed"), {"changed": changed})
        give_cipher(sealed, TextCipher(read_keys(key_file)))
    with reading(sealed) as connection, pytest.raises(EncryptionKeyWrong, match="was changed"):
        connection.execute(select(digests)).all()
    sealed.dispose()


@pytest.mark.parametrize("content", ["", "# nothing\n", "short\n", "!" * 44, "\u00e4"])
def test_a_file_without_keys_is_refused(tmp_path, content):
    """The sentence names the file and quotes none of it."""
    path = tmp_path / "keys"
    path.write_text(content)
    with pytest.raises(EncryptionKeyInvalid) as raised:
        open_database("sqlite://", path)
    assert content.strip() == "" or content.strip() not in str(raised.value)
    with pytest.raises(EncryptionKeyInvalid, match="cannot be read"):
        read_keys(tmp_path / "absent")


def test_keys_are_private_and_kept(key_file):
    """A new key is first, the others stay, and only the owner may read the file."""
    (before,) = read_keys(key_file)
    add_key(key_file)
    assert read_keys(key_file)[1] == before
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_a_text_that_looks_encrypted_is_read_as_it_was_written(sqlite_url, key_file):
    """Nobody can make a text unreadable by writing it in the form of an encrypted one."""
    forged = f"{MARK}{'0' * 16}:AAAA"
    for keys in (None, key_file):
        engine = opened(sqlite_url.replace(".db", f"{keys is None}.db"), keys)
        row = {"stream": "/a", "partition": 0, "position": 1, "reason": "x", "detail": forged, "excerpt": ""}
        with engine.begin() as connection:
            connection.execute(insert(quarantine), [row])
            found = connection.execute(select(quarantine.c.detail, quarantine.c.excerpt)).one()
        assert found.detail[1:] == forged[1:]
        assert found.excerpt == ""
        engine.dispose()


def test_phrases_are_replaced_in_encrypted_pages(sqlite_url, key_file):
    """What looks for words in stored pages finds them in encrypted ones, too."""
    engine = opened(sqlite_url, key_file)
    with engine.begin() as connection:
        page = {"audience": "all", "start": NOW, "end": NOW, "markdown": "quokka late", "html": "<b>quokka</b>"}
        connection.execute(insert(digests), [page])
        assert replace_phrases(connection, Replacements({"quokka": "theme 1"}, {"quokka": "theme 1"})) == {"digests": 2}
        assert connection.execute(select(digests.c.html)).scalar_one() == "<b>theme 1</b>"
        connection.execute(update(digests).values(html="zanzibar"))
    assert plain_words(engine) == []
    engine.dispose()


def test_every_text_of_a_ticket_is_encrypted():
    """The columns that are encrypted are these; a new one with text of tickets has to be added."""
    found = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    assert found == {
        "digests.facts", "digests.html", "digests.markdown", "digests.narration", "events.data",
        "inbox.events", "outbox.payload", "quarantine.detail", "quarantine.excerpt",
        "rebuilds.report", "tickets.body", "tickets.custom", "tickets.tags", "tickets.title",
    }  # fmt: skip
