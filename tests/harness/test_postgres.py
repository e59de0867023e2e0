import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.harness.children import PATIENCE_SECONDS
from tests.harness.postgres import running_server


@pytest.mark.postgres
def test_version(postgres_url):
    """The fixture's server is a real PostgreSQL of a version that the project supports."""
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT version()"))
        assert connection.scalar(text("SHOW server_version_num")) >= "160000"
    engine.dispose()
    assert version.startswith("PostgreSQL ")


@pytest.mark.parametrize("turn", [1, 2])
def test_databases_are_apart(database_url, turn):
    """What one test leaves in its database, the next one does not find."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (turn integer)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:turn)"), {"turn": turn})
    engine.dispose()


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
