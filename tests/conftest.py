"""What all tests share: databases of both kinds, the shared data, and the default marker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.harness import needs
from tests.harness.children import Children
from tests.harness.postgres import PostgresMissingError, PostgresServer, running_server
from tests.harness.postgres_copies import PostgresCopies
from tests.harness.schema import quick_upgrades

# Two test processes have two cores: threads of theirs would only wait for each other. No answer depends on the number of threads. The
# libraries read it when they are loaded, which is why nothing is imported above that loads one.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ROOT = Path(__file__).resolve().parents[1]
# A time limit for each example would fail on a busy machine; promises are about results.
settings.register_profile("groundswell", deadline=None)
settings.load_profile("groundswell")
KINDS = {"serial", "kafka", "postgres", "browser", "model"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `unit` what names no other kind, and let files with long tests be the first."""
    for item in items:
        if not KINDS & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.unit)
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the shared data sets; they are no part of the project, so absence is a skip."""
    folder = (ROOT / os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip("The shared data is missing: set GROUNDSWELL_SHARED_DATA to its folder.")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for each test process, from when it is first asked for."""
    try:
        with running_server() as server:
            yield server
    except PostgresMissingError as absent:
        needs.missing("PostgreSQL", f"{absent}; run 'make setup' or install Debian's postgresql")


@pytest.fixture(scope="session")
def postgres_copies(postgres_server: PostgresServer) -> Iterator[PostgresCopies]:
    """Return what hands out PostgreSQL databases without rows at head."""
    from store.database import open_database, upgrade

    with postgres_server.database() as url:
        engine = open_database(url)
        upgrade(engine)
        engine.dispose()
        with PostgresCopies(postgres_server, url) as copies:
            yield copies


@pytest.fixture
def postgres_url(postgres_copies: PostgresCopies) -> Iterator[str]:
    """Return the URL of a PostgreSQL database without rows, at head, that only this test knows."""
    with postgres_copies.copy() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the URL of a PostgreSQL database without tables that only this test knows."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def children() -> Iterator[Children]:
    """Return what starts processes; those that still run at the end of the test are ended."""
    with Children() as started:
        yield started


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of an SQLite file that does not exist yet and only this test knows."""
    return f"sqlite:///{tmp_path / 'groundswell.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database without rows; a test that takes it, and brings it to head, runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database without tables; a test that takes it runs once on each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "empty_postgres_url")


@pytest.fixture(autouse=True, scope="session")
def _quick_upgrades() -> Iterator[None]:
    """Bring empty SQLite files to head in a few milliseconds."""
    with quick_upgrades():
        yield


@pytest.fixture(autouse=True, scope="module")
def _logs_of_its_own():
    """Let no module log to a file that another one has closed."""
    yield
    structlog.reset_defaults()
