"""Quotes of erased tickets leave published digests, their files, copies of notifications, and reports of rebuilds."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from alerts import publishing
from alerts.channels.file import FileChannel
from alerts.outbox import deliver
from alerts.ownership import EVERYONE, Ownership
from alerts.ownership_file import read_ownership
from alerts.publishing import DigestOrder, publish_digests
from alerts.quoted_files import find_in_files, remove_from_files
from alerts.settings import AlertSettings
from models.quotation import REMOVED
from store.database import open_database, upgrade
from store.digests import load_digest
from store.quotations import (
    digest_key,
    digest_of,
    find_quotations,
    forget_quotations,
    remove_quotations,
    unquotable,
)
from store.rebuilds import NewRebuild, read_rebuild, write_rebuild
from store.schema import quotations, tickets
from tests.alerts.launch_day import WINDOW

SENT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    """Folders of this test."""
    return AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "notifications")


@pytest.fixture
def everyone() -> Ownership:
    """One audience."""
    return read_ownership(None)


def publish(engine, everyone, settings, **options):
    """Publish the day's digest."""
    return publish_digests(engine, everyone, WINDOW, settings.digest_folder, settings, DigestOrder(**options))


def send(engine, everyone, settings):
    """Deliver what waits, to files."""
    channels = {"file": FileChannel(settings.outbox_folder)}
    return deliver(engine, channels, everyone, clock=lambda: SENT, settings=settings)


def quoted(engine):
    """The tickets that are noted as quoted."""
    with engine.connect() as connection:
        return sorted(connection.scalars(select(quotations.c.ticket_id)))


def erase(connection, ids):
    """Take the text of tickets away, as an erasure does."""
    connection.execute(update(tickets).where(tickets.c.id.in_(ids)).values(title="", body="", erased_at=SENT))


def test_quotes_of_an_erased_ticket_leave_every_copy(engine, everyone, settings):
    """Database, digest files and the copy of the file channel hold the neutral sentence; other quotes stay; twice changes nothing."""
    published = publish(engine, everyone, settings)[0]
    send(engine, everyone, settings)
    ids = quoted(engine)
    gone, stays = set(ids[:2]), set(ids[2:])
    assert len(ids) >= 4
    assert len(find_in_files(settings, gone)) == 3
    for _ in range(2):
        with engine.begin() as connection:
            erase(connection, gone)
            removed = remove_quotations(connection, gone)
        remove_from_files(settings, removed.keys, gone)
        key = digest_key(EVERYONE, WINDOW)
        assert removed.keys == (key,)
        assert [one.as_json() for one in removed.copies] == [
            {"key": key, "audience": EVERYONE, "state": "sent", "channels": ["file"], "sent_at": "2026-11-21T12:00:00Z"}
        ]
        assert find_in_files(settings, gone) == []
        assert published.path_md.read_text().count(f"> {REMOVED}\n") == 2
        assert published.path_html.read_text().count(f"<blockquote><p>{REMOVED}</p></blockquote>") == 2
        with engine.begin() as connection:
            assert find_quotations(connection, gone) == []
            assert find_quotations(connection, stays) == [key]
            assert load_digest(connection, EVERYONE, WINDOW).markdown == published.path_md.read_text()
    with engine.begin() as connection:
        forget_quotations(connection, gone)
        assert remove_quotations(connection, gone).keys == ()
    assert quoted(engine) == sorted(stays)


def test_a_digest_quotes_no_ticket_that_was_erased_while_it_was_built(engine, everyone, settings, monkeypatch):
    """What is erased between reading the rows and storing the digest is replaced in what is stored."""
    publish(engine, everyone, settings)
    gone = set(quoted(engine)[:1])
    build = publishing.build_digests

    def build_and_erase(connection, *rest):
        built = build(connection, *rest)
        connection.rollback()
        with engine.begin() as other:
            erase(other, gone)
        return built

    monkeypatch.setattr(publishing, "build_digests", build_and_erase)
    published = publish(engine, everyone, settings, rebuild=True)[0]
    assert published.path_md.read_text().count(REMOVED) == 1
    with engine.connect() as connection:
        assert find_quotations(connection, gone) == []


def test_files_are_written_again_where_a_quote_was_removed_meanwhile(engine, everyone, settings, monkeypatch):
    """A removal that found no file yet is in the digest's files and in the sent copy all the same."""
    publish(engine, everyone, settings)
    gone = set(quoted(engine)[:1])
    write, removing = publishing.write_atomically, []

    def remove_once():
        if not removing:
            removing.append(1)
            with engine.begin() as connection:
                remove_quotations(connection, gone)

    def remove_and_write(path, text):
        remove_once()
        write(path, text)

    monkeypatch.setattr(publishing, "write_atomically", remove_and_write)
    publish(engine, everyone, settings)
    assert find_in_files(settings, gone) == []
    more = set(quoted(engine)[1:2])
    monkeypatch.setattr(
        "alerts.channels.file.write_atomically",
        lambda path, text: (write(path, text), _remove(engine, more))[0],
    )
    send(engine, everyone, settings)
    assert find_in_files(settings, gone) == []
    assert [path for path in find_in_files(settings, more) if settings.outbox_folder in path.parents] == []


def _remove(engine, ids):
    with engine.begin() as connection:
        remove_quotations(connection, ids)


def test_reports_of_rebuilds_lose_their_examples(engine):
    """The examples of a rebuild that are an erased ticket's are replaced, also where it is erased before the report is stored."""
    with engine.connect() as connection:
        first, second, third = connection.scalars(select(tickets.c.id).order_by(tickets.c.id).limit(3)).all()
    report = {
        "split": [{"theme": 1, "examples": ["one", "two"], "quoted": [first, second]}],
        "born": [{"new": -1, "examples": ["three"], "quoted": [third]}],
    }
    with engine.begin() as connection:
        erase(connection, [third])
        made = write_rebuild(
            connection,
            NewRebuild(at=SENT, actor="ana", model="hashing", metric=None, next_epoch=1, report=report),
            [],
        )
        assert made.report["born"][0]["examples"] == [REMOVED]
        erase(connection, [first])
        assert find_quotations(connection, [first]) == [f"rebuild {made.rebuild_id}"]
        assert remove_quotations(connection, [first]).rebuilds == 1
        assert remove_quotations(connection, [first]).rebuilds == 0
        assert read_rebuild(connection, made.rebuild_id).report["split"][0]["examples"] == [REMOVED, "two"]
        assert find_quotations(connection, [first]) == []


def test_keys_name_their_digest(engine):
    """A key is read back exactly, also for a window that is no whole day; what is no key is refused in one sentence."""
    window = type(WINDOW)(WINDOW.start + timedelta(microseconds=5), WINDOW.end)
    assert digest_of(digest_key("brazil", window)) == ("brazil", window)
    with pytest.raises(ValueError, match="no key of a digest"):
        digest_of("alert:7")


def test_tickets_that_are_not_stored_are_not_quotable(engine):
    """A ticket that is unknown, erased or without text may not be quoted."""
    with engine.begin() as connection:
        known = connection.scalars(select(tickets.c.id).order_by(tickets.c.id).limit(2)).all()
        erase(connection, known[:1])
        assert unquotable(connection, [*known, "none"]) == {known[0], "none"}


def test_an_upgrade_notes_what_digests_quote_already(sqlite_url):
    """Digests of earlier versions are cleaned like new ones; examples of earlier rebuilds, which name no ticket, are gone."""
    engine = open_database(sqlite_url)
    upgrade(engine, "0006")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO digests VALUES ('everyone', ?, ?, ?, '')",
            (0, 86_400_000_000, "> a \\*b\\* — *T-1*\n\n> c — *x\\_y*\n"),
        )
        connection.exec_driver_sql(
            "INSERT INTO rebuilds (at, actor, model, state, next_epoch, report) VALUES (0, 'a', 'm', 'ready', 1, ?)",
            ('{"born": [{"examples": ["ticket text"]}], "split": []}',),
        )
        connection.exec_driver_sql(
            "INSERT INTO outbox (key, kind, audience, payload, state, attempts) VALUES ('a', 'alert', 'e', '{}', 'sent', 1)"
        )
    upgrade(engine)
    with engine.begin() as connection:
        assert connection.scalars(select(quotations.c.ticket_id).order_by(quotations.c.ticket_id)).all() == [
            "T-1",
            "x_y",
        ]
        assert remove_quotations(connection, ["x_y"]).digests == 1
        assert "ticket text" not in str(read_rebuild(connection, 1).report)
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE sent_at > 0").scalar_one() == 1
        assert connection.scalar(select(func.count()).select_from(quotations)) == 2
    engine.dispose()
