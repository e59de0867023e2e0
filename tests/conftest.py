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

ROOT = Path(__file__).resolve().parents[1]
# A time limit for each example would fail on a busy machine; promises are about results.
settings.register_profile("groundswell", deadline=None)
settings.load_profile("groundswell")
KINDS = {"serial", "kafka", "postgres", "browser", "model"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `unit` what names no other kind."""
    for item in items:
        if not KINDS & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.unit)


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


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database that only this test knows."""
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
    """Return the URL of an empty database; a test that takes it runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(autouse=True, scope="module")
def _logs_of_its_own():
    """Let no module log to a file that another one has closed."""
    yield
    structlog.reset_defaults()
