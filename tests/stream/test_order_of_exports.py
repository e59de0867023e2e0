"""The order of whole exports: the shared cases of one history in several orders, with a wrong date, rewritten and grown."""

import csv
import io
import json
import random
from pathlib import Path

import pytest

from models.event import TicketEvent
from stream.raw import RefusalReason
from tests.stream.test_order import Records, ordered


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> Path:
    """Return the folder of the shared cases."""
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("The shared cases are missing: set GROUNDSWELL_SHARED_DATA to the folder of data next to them.")
    return folder


def rows(path: Path) -> list[bytes]:
    """Return the rows of an export whose columns are named like fields, one event each."""
    found = []
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))):
        named = {name: row.pop(name) for name in ("subject", "time")}
        named["time"] += "" if "T" in named["time"] else "T00:00:00Z"
        event = {"specversion": "1.0", "id": f"{named['subject']}:created", "source": "/csv", "type": "ticket.created"}
        found.append(json.dumps(event | named | {"data": row}).encode())
    return found


def test_a_history_in_any_order_is_one_sequence(cases: Path):
    """Ascending, newest first, by another time, and split over two files in wrong order: 2,160 events in one and the same order."""
    ascending = rows(cases / "15-ascending.csv")
    expected, refused = ordered(Records(*ascending))
    assert (len(expected), refused) == (2_160, [])
    by_update = random.Random(4).sample(ascending, len(ascending))
    for parts in ([rows(cases / "15-newest-first.csv")], [by_update], [ascending[900:], ascending[:900]]):
        assert ordered(*(Records(*part) for part in parts)) == (expected, [])


def test_one_wrong_date_moves_nothing(cases: Path):
    """The row whose date is a month ahead of its neighbours is set aside by its line; the others are as in the file without it."""
    events, refused = ordered(Records(*rows(cases / "15-one-wrong-date.csv"), stream="one-wrong-date.csv"))
    assert refused == [("one-wrong-date.csv", 301, RefusalReason.OUT_OF_LINE)]
    ascending, _ = ordered(Records(*rows(cases / "15-ascending.csv")))
    assert events == [one for one in ascending if one.subject != "T-00300"]


@pytest.mark.parametrize(
    ("place", "wrong"), [(5, "2001-01-01T00:00:00Z"), (2_000, "2026-12-20T10:00:00Z"), (1, "2019-05-01T00:00:00Z")]
)
@pytest.mark.parametrize("name", ["15-ascending.csv", "15-newest-first.csv"])
def test_a_wrong_date_anywhere_is_found(cases: Path, name: str, place: int, wrong: str):
    """Far ahead and far behind, near the start and the end of an export in either order."""
    lines = rows(cases / name)
    changed = json.loads(lines[place]) | {"time": wrong}
    events, refused = ordered(Records(*lines[:place], json.dumps(changed).encode(), *lines[place + 1 :], stream=name))
    assert refused == [(name, place + 1, RefusalReason.OUT_OF_LINE)]
    assert len(events) == 2_159


@pytest.mark.parametrize("name", ["19-date-only.csv", "23-reexport.csv", "15-newest-first.csv"])
def test_honest_exports_lose_no_row(cases: Path, name: str):
    """Exports without a wrong date hand on every row."""
    lines = rows(cases / name)
    events, refused = ordered(Records(*lines))
    assert (len(events), refused) == (len(lines), [])
    assert all(isinstance(one, TicketEvent) for one in events)
