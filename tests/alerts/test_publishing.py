import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from alerts.channels.file import FileChannel
from alerts.outbox import deliver
from alerts.publishing import DigestOrder, publish_digests
from alerts.settings import AlertSettings
from store.digests import DigestWindow, list_digests
from store.schema import outbox, themes
from tests.alerts import launch_day
from tests.alerts.launch_day import DAY, WINDOW

SETTINGS = AlertSettings()
BYTES: dict[str, str] = {}
"""What the first database wrote, for the second one to compare with."""


@pytest.fixture
def ownership(tmp_path):
    """The launch day's owners."""
    return launch_day.read_owners(tmp_path)


def contents(folder):
    """Every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def rows_of(engine, table):
    """How many rows a table has."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_a_digest_is_published_once(engine, ownership, tmp_path):
    """Run twice: the same files with the same bytes, one outbox row per audience."""
    folder = tmp_path / "digests"
    first = publish_digests(engine, ownership, WINDOW, folder, SETTINGS)
    before = contents(folder)
    with engine.begin() as connection:
        connection.execute(update(themes).values(name="renamed since"))
    assert publish_digests(engine, ownership, WINDOW, folder, SETTINGS) == first
    assert contents(folder) == before
    assert sorted(before) == sorted(
        f"2026-11-20/{name}.{suffix}"
        for name in ("advertisers", "brazil", "everyone", "live-payments")
        for suffix in ("md", "html")
    )
    assert rows_of(engine, outbox) == 4


def test_a_rebuilt_digest_is_not_sent_again(engine, ownership, tmp_path):
    """A rebuild says what is known now, and puts nothing more into the outbox."""
    publish_digests(engine, ownership, WINDOW, tmp_path / "a", SETTINGS)
    with engine.begin() as connection:
        connection.execute(update(themes).values(name="renamed since"))
    publish_digests(engine, ownership, WINDOW, tmp_path / "b", SETTINGS, DigestOrder(rebuild=True))
    assert b"renamed since" in contents(tmp_path / "b")["2026-11-20/brazil.md"]
    assert rows_of(engine, outbox) == 4


def test_lost_files_come_back(engine, ownership, tmp_path):
    """Files that a dead process did not write are written by the next run, with the same bytes."""
    publish_digests(engine, ownership, WINDOW, tmp_path / "a", SETTINGS)
    publish_digests(engine, ownership, WINDOW, tmp_path / "b", SETTINGS)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_both_databases_give_the_same_bytes(engine, ownership, tmp_path):
    """A digest does not depend on the database that remembers it."""
    publish_digests(engine, ownership, WINDOW, tmp_path / "a", SETTINGS)
    written = contents(tmp_path / "a")
    digest = hashlib.sha256(b"".join(written[name] for name in sorted(written))).hexdigest()
    assert BYTES.setdefault("digest", digest) == digest


def test_two_publishers_racing_send_one_digest(engine, ownership, tmp_path):
    """Two publishers of the same window leave one outbox row per audience and agree on every byte."""
    barrier = threading.Barrier(2)
    errors = []

    def publish(name):
        try:
            barrier.wait()
            publish_digests(engine, ownership, WINDOW, tmp_path / name, SETTINGS)
        except Exception as error:  # noqa: BLE001 - shown below: a thread's exception is lost
            errors.append(error)

    threads = [threading.Thread(target=publish, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert rows_of(engine, outbox) == 4
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_published_digest_reaches_its_channel(engine, ownership, tmp_path):
    """The outbox sends the remembered Markdown; an audience in its quiet hours waits."""
    publish_digests(engine, ownership, WINDOW, tmp_path / "digests", SETTINGS)
    night_in_los_angeles = DAY + timedelta(days=1, hours=8)
    channels = {"file": FileChannel(tmp_path / "sent")}
    done = deliver(engine, channels, ownership, clock=lambda: night_in_los_angeles, settings=SETTINGS)
    assert (done.sent, done.problems) == (3, ())
    morning = night_in_los_angeles + timedelta(hours=8)
    assert deliver(engine, channels, ownership, clock=lambda: morning, settings=SETTINGS).sent == 1
    sent = contents(tmp_path / "sent")
    [brazil] = [text for name, text in sent.items() if name.startswith("brazil/") and name.endswith(".md")]
    assert brazil == contents(tmp_path / "digests")["2026-11-20/brazil.md"]


def test_windows_do_not_overwrite_each_other(engine, ownership, tmp_path):
    """A window other than a day has a folder of its own, and all are listed in order."""
    morning = DigestWindow(DAY, DAY + timedelta(hours=6))
    publish_digests(engine, ownership, WINDOW, tmp_path, SETTINGS)
    [first, *_] = publish_digests(engine, ownership, morning, tmp_path, SETTINGS)
    assert first.path_md.parent.name == "2026-11-20T0000-2026-11-20T0600"
    with engine.connect() as connection:
        listed = list_digests(connection)
    assert listed[0] == {
        "audience": "advertisers",
        "start": "2026-11-20T00:00:00Z",
        "end": "2026-11-20T06:00:00Z",
        "kind": "daily",
    }
    assert len(listed) == 8


@pytest.mark.parametrize(
    ("start", "end"), [(DAY, DAY), (DAY.replace(tzinfo=None), DAY), (DAY, DAY - timedelta(hours=1))]
)
def test_a_window_must_be_one(start, end):
    """A window without a length or a time zone is refused by a sentence."""
    with pytest.raises(ValueError, match="received"):
        DigestWindow(start, end)
