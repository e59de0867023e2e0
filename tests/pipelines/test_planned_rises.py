"""Rises that a plan explains, of themes that its text does not reach; real problems of the same launch."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from groundswell.planning import Draft, write_plans
from models.alert import Gate
from models.embedding import HashingEmbedder
from models.epochs import epoch_end
from models.themes import LanguageIndexes
from stream.processing import Processor
from tests.pipelines.chain import KEY, NOW
from tests.pipelines.counted_office import BEGIN, CountedOffice

HOURS = 24 * 10 + 9
USUAL = {1: 1, 2: 1, 3: 1}
PLANNED, NEAR, FAR = 50, 1, 3


def similar(index: LanguageIndexes, text: object, kept: object = ()) -> list[tuple[int, float]]:
    """Return the theme that the text means, which has no tickets."""
    return [(PLANNED, 0.9)]


def likenesses(index: LanguageIndexes, theme: int) -> list[tuple[int, float]]:
    """Return one theme that is more like the planned one than the other forty."""
    assert theme == PLANNED
    return [(NEAR, 0.5), *((theme, 0.4 - theme / 1000) for theme in range(2, 42))]


@pytest.fixture
def office(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountedOffice]:
    """Return a desk with ten days of ordinary hours, and a plan of twelve hours from now on, that its text comes sixfold."""
    monkeypatch.setattr(LanguageIndexes, "similar", similar)
    monkeypatch.setattr(LanguageIndexes, "likenesses", likenesses)
    made = CountedOffice(url=sqlite_url).history(HOURS, USUAL)
    start = epoch_end(BEGIN + HOURS - 1, 3600.0)
    written = {
        "kind": "sale", "title": "Night sale", "start": start.isoformat(), "end": (start + timedelta(hours=12)).isoformat(),
        "expected": [{"about": "my card is frozen", "lift": 6.0}],
    }  # fmt: skip
    draft = Draft("launch", "sale", written, start - timedelta(days=2))
    write_plans(made.engine, Processor(HashingEmbedder(), KEY, lambda: NOW), [draft], NOW)
    yield made
    made.engine.dispose()


def test_a_like_theme_that_rises_as_planned_does_not_alert(office: CountedOffice):
    """The spike is stored with the gate, and the decision says what was planned."""
    office.mine(6, {**USUAL, NEAR: 6})
    (spike,) = office.spikes(NEAR)
    assert (spike["gate"], office.alerts(NEAR)) == (Gate.RISES_AS_PLANNED, [])


def test_a_like_theme_alerts_once_it_is_beyond_the_plan(office: CountedOffice):
    """Four times what is planned is a problem of its own."""
    office.mine(4, {**USUAL, NEAR: 6}).mine(4, {**USUAL, NEAR: 24})
    assert office.alerts(NEAR) == ["spike"]


def test_a_like_theme_alerts_when_it_goes_on_after_the_launch(office: CountedOffice):
    """What lasts longer than two hours beyond the plan's end is not explained by it."""
    office.mine(12, {**USUAL, NEAR: 6})
    assert office.alerts(NEAR) == []
    office.mine(3, {**USUAL, NEAR: 6})
    assert office.alerts(NEAR) == ["spike"]


def test_a_like_theme_that_is_calm_after_the_launch_does_not_alert(office: CountedOffice):
    """The plan still explains an episode that is open when the launch is over."""
    office.mine(12, {**USUAL, NEAR: 6}).mine(8, USUAL)
    (spike,) = office.spikes(NEAR)
    assert (spike["gate"], office.alerts(NEAR)) == (Gate.RISES_AS_PLANNED, [])


def test_a_theme_that_is_not_alike_alerts_though_it_rises_as_planned(office: CountedOffice):
    """A problem that no plan means is reported while a launch runs."""
    office.mine(6, {**USUAL, FAR: 6})
    assert office.alerts(FAR) == ["spike"]


def test_a_rise_from_before_the_launch_alerts(office: CountedOffice):
    """A plan explains nothing that began earlier."""
    office.mine(13, USUAL).mine(4, {**USUAL, NEAR: 6})
    assert office.alerts(NEAR) == ["spike"]
