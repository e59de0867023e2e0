"""Planning a launch: names that are unknown are refused, the preview says what each line means, and event time decides."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from models.bucket import bucket_of
from models.segment import Segment
from models.spikes.settings import SpikeSettings
from models.times import rfc3339
from pipelines.launches.monitor import monitor_json, monitor_launch
from pipelines.launches.plan_lines import IndexCache
from pipelines.launches.plan_preview import PlanPreview, PreviewRules, effect_warnings, preview_plan
from pipelines.launches.planning import (
    KnownNames,
    PlanRefused,
    check_names,
    known_since,
    read_known_names,
    read_plan,
    theme_named,
)
from pipelines.launches.unread_lines import unread_lines
from pipelines.settings import MiningSettings
from store.database import open_database, reading, upgrade
from store.launch_counts import count_in_scope
from tests.console.seed import END, LAUNCH_END, LAUNCH_ID, LAUNCH_START, seed

MINING = MiningSettings()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return the seeded launch day: eight usual days, and a launch that has run for almost eight of its twelve hours."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    yield opened
    opened.dispose()


def data(**changes: Any) -> dict[str, Any]:
    """A plan of six hours in a week."""
    start = datetime(2026, 11, 27, 8, tzinfo=UTC)
    plan = {"kind": "sale", "title": "Sale", "start": rfc3339(start), "end": rfc3339(start + timedelta(hours=6))}
    return {**plan, **changes}


def no_text(_: str) -> Any:
    """Fail where a plan without a text is embedded."""
    raise AssertionError("nothing to embed")


def preview(engine: Engine, plan: dict[str, Any], since: datetime | None = None) -> PlanPreview:
    """Preview a plan as a form does."""
    rules = PreviewRules(mining=MINING, cache=IndexCache(), embed=no_text)
    with reading(engine) as connection:
        return preview_plan(connection, read_plan(plan), rules, since)


def refusal(engine: Engine, plan: dict[str, Any], **options: Any) -> dict[str, str]:
    """Return what is said of a plan, by field."""
    with reading(engine) as connection:
        known = read_known_names(connection, MINING.dimensions)
        with pytest.raises(PlanRefused) as refused:
            check_names(read_plan(plan), known, None, **{"allow_unknown": False, **options})
    return {one.field: one.sentence for one in refused.value.faults}


def test_unknown_names_are_refused_with_the_nearest(engine: Engine):
    """A misspelt dimension, value, theme or launch is named, with what was probably meant."""
    assert refusal(engine, data(scope={"regoin": "BR"})) == {
        "scope": "received the dimension 'regoin', which is none that a scope can have; the nearest is region"
    }
    assert refusal(engine, data(scope={"region": "BRA"})) == {
        "scope": "received region 'BRA' in the scope, which no ticket has had; the nearest is BR"
    }
    assert refusal(engine, data(scope={"channel": "BR"}))["scope"].endswith("; it is a value of region")
    assert refusal(engine, data(expected=[{"theme": 77, "lift": 2}, {"like": "live-coins/wintr", "lift": 1}])) == {
        "line 1": "received the theme 77, which does not exist or holds no ticket; the largest are "
        "#6 Refund not received, #1 LIVE coins charged twice or #2 Payout to bank account pending",
        "line 2": f"received the launch 'live-coins/wintr', which is no other launch on record; the nearest is {LAUNCH_ID}",
    }


def test_a_value_that_will_exist_can_be_allowed(engine: Engine):
    """An app version of the launch itself has had no ticket; a dimension is never allowed."""
    with reading(engine) as connection:
        known = read_known_names(connection, MINING.dimensions)
        check_names(read_plan(data(scope={"app_version": "39.0.0"})), known, None, allow_unknown=True)
    assert "dimension" in refusal(engine, data(scope={"app": "39.0.0"}), allow_unknown=True)["scope"]


def test_a_theme_is_found_by_its_name(engine: Engine):
    """By number, by a name in any case, by a part that one theme alone has; else the nearest are offered with their numbers."""
    with reading(engine) as connection:
        known = read_known_names(connection, MINING.dimensions)
    assert [
        theme_named(text, known, "line 1") for text in ("4", "#4", "#4 Gift not shown", "gift NOT shown during live")
    ] == [4] * 4
    assert theme_named("pix", known, "line 1") == 3
    for text, said in (
        ("Gift not shwn during LIVE", "the nearest is #4 Gift not shown during LIVE"),
        ("live", "which 2 themes are called; write the number of one: #1 LIVE coins charged twice or #4 Gift"),
        ("99999999999999999999", "does not exist"),
    ):
        with pytest.raises(PlanRefused) as refused:
            theme_named(text, known, "line 1")
        assert said in refused.value.faults[0].sentence


def test_nothing_is_checked_before_anything_is_mined():
    """A plan may be written before the first ticket came; dimensions are known even then."""
    known = KnownNames({"region": []}, {}, [], {})
    check_names(
        read_plan(data(scope={"region": "BR"}, expected=[{"theme": 3, "lift": 2}])), known, None, allow_unknown=False
    )
    with pytest.raises(PlanRefused, match="none that a scope can have"):
        check_names(read_plan(data(scope={"regio": "BR"})), known, None, allow_unknown=False)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"end": "2026-11-27T07:00:00Z"}, "end", "not after its start"),
        ({"title": " "}, "title", "received no title; write one"),
        ({"title": "a\u202eb"}, "title", "control characters"),
        (
            {"kind": "party"},
            "kind",
            "received 'party' as the kind: valid are 'launch', 'campaign', 'holiday' or 'sale'",
        ),
        ({"tolerance": 9}, "tolerance", "valid is a number of at most 5"),
        ({"start": "soon"}, "start", "received 'soon' as the start"),
        ({"expected": [{"lift": 2}]}, "line 1", "names exactly one of"),
        ({"expected": [{"theme": 1, "lift": 0}]}, "line 1", "valid is a number above 0"),
        ({"expected": [{"about": "x" * 2001, "lift": 2}]}, "line 1", "valid are up to 2,000"),
    ],
)
def test_what_does_not_fit_is_said_by_field(changes: dict[str, Any], field: str, says: str):
    """One sentence for each field that is wrong."""
    with pytest.raises(PlanRefused) as refused:
        read_plan(data(**changes))
    (fault,) = refused.value.faults
    assert fault.field == field
    assert says in fault.sentence


def test_the_preview_says_what_each_line_means(engine: Engine):
    """Usual tickets are those of the same hours a week before, inside the scope, and the total adds lifted and usual ones."""
    plan = data(expected=[{"theme": 1, "lift": 4}, {"theme": 4, "lift": 2}])
    found = preview(engine, plan)
    # The Friday before is under another launch.
    assert found.basis.startswith("Usual is the mean of the same hours of 1 earlier week")
    start = bucket_of(datetime(2026, 11, 13, 8, tzinfo=UTC))
    with reading(engine) as connection:
        counts = count_in_scope(connection, Segment(), [0, 1, 4], [(start, start + 72)], 72)
    one, four, everything = (counts.total(theme, 0) for theme in (1, 4, 0))
    assert [(line.themes[0].theme_id, line.usual) for line in found.lines] == [(1, one), (4, four)]
    assert found.usual == everything
    assert found.total is not None
    assert found.total.mean == pytest.approx(everything + 3 * one + four)
    assert found.total.low < found.total.mean < found.total.high
    shown = found.as_json()
    assert shown["lines"][0]["themes"][0]["name"] == "LIVE coins charged twice"
    assert shown["lines"][0]["expected"] == 4 * one


def test_a_theme_counts_under_one_line_and_all_lifts_the_rest(engine: Engine):
    """The second line of the same theme means nothing, and it is said; `all` lifts what no line names."""
    found = preview(engine, data(expected=[{"theme": 1, "lift": 4}, {"theme": 1, "lift": 9}, {"all": True, "lift": 2}]))
    assert found.lines[1].themes == ()
    assert "Line 2 means nothing now: its themes are already in another line." in found.warnings
    assert found.lines[2].rest
    assert found.usual is not None
    assert found.lines[2].usual == pytest.approx(found.usual - found.lines[0].usual)


def test_a_scope_that_is_not_counted_is_counted_from_tickets(engine: Engine):
    """Two dimensions that are no pair have no series; the preview still has figures and says where they are from."""
    found = preview(engine, data(scope={"region": "BR", "product": "coins"}))
    assert found.usual is not None
    assert any("no segment that is counted" in one for one in found.warnings)


def test_a_plan_is_known_since_the_next_epoch_in_event_time(engine: Engine):
    """On data that are a week behind the clock a plan is known where the data are; on live data now."""
    with reading(engine) as connection:
        assert known_since(connection, END + timedelta(days=7)) == END.replace(minute=40)
        assert known_since(connection, END - timedelta(minutes=2)) == END - timedelta(minutes=2)


def test_a_plan_that_comes_too_late_is_warned_of():
    """What is mined is not decided again, whatever the clock says."""
    plan = read_plan(data())
    assert effect_warnings(plan, plan.start, None) == []
    assert effect_warnings(plan, None, None) == []
    (late,) = effect_warnings(plan, plan.start + timedelta(hours=1), None)
    assert late == (
        "This plan takes effect only from 2026-11-27 09:00 UTC on: tickets are mined until 2026-11-27 09:00 UTC, "
        "and its window begins before that."
    )
    (over,) = effect_warnings(plan, plan.end, None)
    assert over.startswith("This plan can no longer take effect: tickets are mined until 2026-11-27 14:00 UTC")
    (unknown,) = effect_warnings(plan, plan.start, plan.end)
    assert "it is known since 2026-11-27 14:00 UTC" in unknown


def test_a_line_in_a_language_that_the_model_does_not_read_is_warned_of():
    """Its number and its language are said with what to do; a model that reads all has nothing to say."""
    lines = [{"about": "coins are missing", "lift": 4}, {"about": "Las monedas no aparecen en mi saldo", "lift": 4}]
    plan = read_plan({**data(), "expected": [*lines, {"all": True, "lift": 2}]})
    (found,) = unread_lines(plan, frozenset({"en"}))
    assert found.startswith(
        "Line 2 is in Spanish, which the embedding model does not read, so it is matched with no ticket"
    )
    assert "name the theme by its number" in found
    assert unread_lines(plan, None) == []
    assert unread_lines(plan, frozenset({"en", "es"})) == []


def test_the_monitor_has_bars_of_a_quarter_of_an_hour_and_a_verdict(engine: Engine):
    """A launch of twelve hours has 48 bars, of which those to come have no tickets; the sum is what was counted."""
    with reading(engine) as connection:
        found = monitor_launch(connection, LAUNCH_ID, SpikeSettings(), END)
        assert found is not None
        first = bucket_of(LAUNCH_START)
        counts = count_in_scope(connection, found.page.launch.scope, [0], [(first, bucket_of(END))], 1)
    volume = found.volume
    assert (volume.minutes, len(volume.steps)) == (15, 48)
    assert volume.observed == counts.total(0, 0)
    assert sum(step.observed is None for step in volume.steps) == 48 - 31
    assert volume.usual is not None
    assert found.state == "running"
    assert found.verdict.level == "outside plan"
    shown = monitor_json(found)
    assert shown["verdict"] == "outside plan"
    assert shown["volume"]["step_minutes"] == 15


def test_a_long_launch_has_hours_and_one_without_a_plan_its_volume(engine: Engine):
    """The scope's volume is shown whatever is planned."""
    with reading(engine) as connection:
        found = monitor_launch(connection, "cyber-week", SpikeSettings(), END)
        assert monitor_launch(connection, "none", SpikeSettings(), END) is None
    assert found is not None
    assert found.volume.minutes in (60, 360)
    assert found.state == "planned"
    assert found.verdict.level == "not begun"


def test_index_is_read_once_for_an_epoch():
    """A database in which nothing is mined has no index, and an example text finds nothing."""
    engine = open_database("sqlite://")
    upgrade(engine)
    with reading(engine) as connection:
        assert IndexCache().read(connection, MINING) is None
        rules = PreviewRules(mining=MINING, cache=IndexCache(), embed=lambda _: np.ones(384, np.float32))
        found = preview_plan(connection, read_plan(data(expected=[{"about": "coins", "lift": 2}])), rules)
    assert found.total is None
    assert "Line 1 means nothing now: no theme is similar to its text yet." in found.warnings
    assert LAUNCH_END > LAUNCH_START
    engine.dispose()
