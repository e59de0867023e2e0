from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from groundswell.demo.comparison import compare
from groundswell.demo.scenario import Injected, Scenario
from models.segment import EVERYTHING, Segment

DAY = datetime(2026, 11, 20, tzinfo=UTC)
PIX = Segment.of({"payment_method": "pix"})


def scenario(*truth: Injected) -> Scenario:
    """Tickets T-0 to T-5 are about `stuck`, T-6 to T-9 about `lost`."""
    labels = {f"T-{n}": "stuck" if n < 6 else "lost" for n in range(10)}
    return Scenario((), truth, labels, DAY - timedelta(days=7), DAY, DAY + timedelta(days=1))


def injected(*, should_signal: bool = True) -> Injected:
    """An incident of `stuck` from 02:00 to 05:00, after the change C-1."""
    hours = timedelta(hours=1)
    return Injected("spike", "stuck", PIX, DAY + 2 * hours, DAY + 5 * hours, ("T-1",), "C-1", None, should_signal)


def theme(number: int, *tickets: int) -> dict[str, object]:
    """A theme's row of the listing."""
    return {"id": number, "name": f"theme {number}", "tickets": [f"T-{n}" for n in tickets]}


def spike(segment: Segment = EVERYTHING, change: str | None = None) -> dict[str, object]:
    """A spike's row of the listing, of theme 1."""
    cause = {"segment": PIX.as_dict() if change else None, "change_id": change}
    return {"id": 1, "theme_id": 1, "segment": segment.as_dict(), "causes": [cause]}


def alert(theme_id: int, hours: float) -> dict[str, object]:
    """An alert's row of the listing, so many hours into the day."""
    at = DAY + timedelta(hours=hours)
    return {"theme_id": theme_id, "spike_id": 1, "opened_at": at.isoformat(), "kind": "spike"}


def test_a_signal_in_time_is_right_and_says_how_long_it_took() -> None:
    """An alert of the issue's theme within the incident counts, with its delay, segment and change."""
    (one,), left = compare(scenario(injected()), [theme(1, 1, 2, 3, 7)], [spike(change="C-1")], [alert(1, hours=2.5)])
    assert one.right
    assert one.delay == timedelta(minutes=30)
    assert one.segment_named
    assert one.change_named
    assert left == []


@pytest.mark.parametrize(
    ("themes", "hours"),
    [
        pytest.param([theme(1, 7, 8, 9)], 2.5, id="the theme is about something else"),
        pytest.param([theme(1, 1, 7, 8, 9, 6)], 2.5, id="the issue is a small part of the theme"),
        pytest.param([theme(1, 1, 2, 3)], 1.5, id="the alert comes before the incident"),
        pytest.param([theme(1, 1, 2, 3)], 7.5, id="the alert comes long after its end"),
    ],
)
def test_a_signal_of_something_else_is_not_credited(themes: list[dict[str, object]], hours: float) -> None:
    """An alert of another theme, or of another time, leaves the incident missed and is shown as left over."""
    (one,), left = compare(scenario(injected()), themes, [spike()], [alert(1, hours=hours)])
    assert not one.right
    assert len(left) == 1


def test_silence_is_right_where_nothing_should_be_said() -> None:
    """An incident inside its plan is judged right by silence, and wrong by an alert."""
    silent = injected(should_signal=False)
    assert compare(scenario(silent), [theme(1, 1, 2)], [], [])[0][0].right
    assert not compare(scenario(silent), [theme(1, 1, 2)], [spike()], [alert(1, hours=3)])[0][0].right
