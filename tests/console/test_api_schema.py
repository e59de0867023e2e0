"""What the API's own description allows, sent at random: nothing fails, and nothing is answered with 5xx."""

from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from console.app import create_app
from console.settings import ConsoleSettings
from pipelines.settings import MiningSettings
from store.database import open_database
from tests.console.conftest import TOKEN, console_parts, wall_clock

pytestmark = pytest.mark.long

HEADERS = {"authorization": f"Bearer {TOKEN}", "host": "localhost"}


@pytest.fixture(scope="module")
def api(seeded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return the console on a copy of the seeded launch day that only this file writes to."""
    copy = tmp_path_factory.mktemp("schema") / "groundswell.db"
    copy.write_bytes(seeded_file.read_bytes())
    opened = open_database(f"sqlite:///{copy}")
    given = {"settings": ConsoleSettings(port=0), "mining": MiningSettings(), "parts": console_parts()}
    return create_app(opened, clock=wall_clock, **given)


@pytest.fixture(scope="module")
def description(api: FastAPI) -> schemathesis.BaseSchema:
    """Return the API's own description."""
    return schemathesis.openapi.from_asgi("/api/openapi.json", api, headers=HEADERS)


SENDING = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_nothing_that_the_description_allows_fails(description: schemathesis.BaseSchema) -> None:
    """Whatever is sent to whichever operation, as described or not, the answer is below 500."""
    failed: list[str] = []

    def send(case: schemathesis.Case) -> None:
        answer = case.call(headers=HEADERS)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            failed.append(f"{answer.status_code} {case.as_curl_command()}"[:2_000])

    operations = [found.ok() for found in description.get_all_operations()]
    for operation in operations:
        for mode in GenerationMode:
            # What takes no parameter cannot be sent otherwise than described.
            with suppress(Unsatisfiable):
                SENDING(given(case=operation.as_strategy(generation_mode=mode))(send))()
    assert len(operations) > 20
    assert failed == []
