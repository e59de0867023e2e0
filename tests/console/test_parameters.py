"""Parameters that many routes take: no number and no time that is sent is a failure of the console."""

import re
from datetime import UTC, datetime, tzinfo

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from console.access.needs import routes_of
from console.parameters import in_utc
from tests.console.conftest import Client
from tests.console.test_routes_by_role import VALUES

ZONES: st.SearchStrategy[tzinfo | None] = st.one_of(st.none(), st.timezones())
FIRST, LAST, BEFORE = (datetime.fromisoformat(day) for day in ("1971-01-01", "9997-12-31", "1969-12-30"))
NUMBER = re.compile(r"\{(\w+_id)(?::\w+)?\}")


@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-9223372036854775809", "2147483648", "0", "-1", "1e3", "٣", "9" * 5_000]
)
def test_no_number_fails_a_route(app: FastAPI, client: Client, number: str) -> None:
    """Each route that takes a number answers every number: it is there, it is not, or it is none."""
    wrong = []
    for route in routes_of(app.routes):
        if not NUMBER.search(route.path):
            continue
        path = NUMBER.sub(lambda found: str(VALUES.get(found[1], number)), route.path)
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: VALUES.get(found[1], "1"), path)
        given = {
            "headers": {"origin": "http://localhost:8765", "sec-fetch-site": "same-origin"},
            "follow_redirects": False,
        }
        wrong += [
            (method, path[:80]) for method in route.methods if client.send(method, path, **given).status_code >= 500
        ]
    assert wrong == []


@given(time=st.datetimes(FIRST, LAST, timezones=ZONES))
def test_a_time_is_the_same_instant_in_utc(time: datetime) -> None:
    """A time without a zone is in UTC; every other keeps its instant."""
    found = in_utc(time)
    assert found.tzinfo is UTC
    assert found.timestamp() == (time.replace(tzinfo=UTC) if time.tzinfo is None else time).timestamp()


@given(time=st.datetimes(max_value=BEFORE, timezones=ZONES))
def test_times_at_the_ends_of_the_calendar_are_refused(time: datetime) -> None:
    """Nothing can be computed with them, and no ticket has them."""
    for refused in (time, time.replace(year=9999, month=12, day=31)):
        with pytest.raises(ValueError, match="valid are times from 1970-01-01 to 9998-12-31"):
            in_utc(refused)
