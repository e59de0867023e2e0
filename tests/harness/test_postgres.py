import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, insert, inspect, select, text
from sqlalchemy.exc import OperationalError

from store.schema import audit
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.postgres import running_server


@pytest.mark.postgres
def test_version(empty_postgres_url):
    """The fixture's server is a real PostgreSQL of a version that the project supports."""
    engine = create_engine(empty_postgres_url)
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT version()"))
        assert connection.scalar(text("SHOW server_version_num")) >= "160000"
    engine.dispose()
    assert version.startswith("PostgreSQL ")


@pytest.mark.parametrize("turn", [1, 2])
def test_databases_are_apart(empty_database_url, turn):
    """What one test leaves in its database, the next one does not find."""
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (turn integer)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:turn)"), {"turn": turn})
    engine.dispose()


@pytest.mark.postgres
def test_a_copy_is_used_again_without_what_was_left_in_it(postgres_copies):
    """Rows, numbers and connections of a test are gone for the next one, and a copy whose tables it changed is not used again."""
    row = {"at": datetime(2026, 11, 29, tzinfo=UTC), "actor": "ops", "action": "x", "subject": "1", "detail": {}}
    with postgres_copies.copy() as url:
        left = create_engine(url)
        with left.begin() as connection:
            assert connection.execute(insert(audit).values(row)).inserted_primary_key == (1,)
        held = left.connect()
        held.execute(select(audit)).all()
    with postgres_copies.copy() as again:
        assert again == url
        with pytest.raises(OperationalError):
            held.execute(select(audit))
        held.close()
        left.dispose()
        engine = create_engine(again)
        with engine.begin() as connection:
            assert connection.execute(select(audit)).all() == []
            assert connection.execute(insert(audit).values(row)).inserted_primary_key == (1,)
            connection.execute(text("ALTER TABLE audit ADD COLUMN more integer"))
        engine.dispose()
    with postgres_copies.copy() as other:
        assert other != url


@pytest.mark.postgres
def test_stop_and_start_again():
    """A server that was stopped keeps what was committed and takes connections again."""
    with running_server() as server, server.database() as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept (n integer)"))
        engine.dispose()
        server.stop()
        assert not server.running
        server.start()
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["kept"]
        engine.dispose()


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a child when its parent dies")
def test_dies_with_its_parent(root, children):
    """A test run that is killed leaves no PostgreSQL behind."""
    child = (
        "from tests.harness.postgres import running_server\n"
        "with running_server() as server:\n"
        "    print(server._process.pid, server.folder, flush=True)\n"
        "    input()\n"
    )
    parent = children.start(
        [sys.executable, "-c", child],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, folder = parent.stdout.readline().split()
    server = psutil.Process(int(pid))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()  # closes the pipes and waits
    gone, alive = psutil.wait_procs([server], timeout=PATIENCE_SECONDS)
    shutil.rmtree(Path(folder))
    assert [process.pid for process in gone] == [int(pid)]
    assert alive == []
