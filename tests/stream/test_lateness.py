"""Lateness by source, and the sentence about it."""

from datetime import timedelta

import pytest

from stream.lateness import Lateness, late_sentence


def lateness(**sources: tuple[int, list[float]]) -> Lateness:
    """Figures of sources: events in time, and the delays in hours of those that were not."""
    found = Lateness()
    for name, (stored, delays) in sources.items():
        for _ in range(stored):
            found.note(f"/{name}", None)
        for hours in delays:
            found.note(f"/{name}", timedelta(hours=hours))
    return found


def test_nothing_late_says_nothing():
    """Without late events there is no sentence."""
    assert late_sentence(lateness(desk=(10, [])), None) is None


def test_few_late_events_need_no_reason():
    """Up to 2 % are counted, and no reason is looked for."""
    found = late_sentence(lateness(desk=(98, [1, 2])), timedelta(days=30))
    assert found is not None
    assert found.startswith("2 of 100 events were later than allowed")
    assert "/desk" not in found


def test_the_worst_source_is_named_with_how_far_it_is_behind():
    """Above 2 % the sentence names the source of most late events, its median and its longest delay."""
    found = late_sentence(lateness(chat=(500, [1]), mail=(300, [2.5, 3, 40])), timedelta(days=30))
    assert found is not None
    assert "/mail" not in found
    found = late_sentence(lateness(chat=(50, [1]), mail=(30, [2.5, 3, 40])), timedelta(days=30))
    assert found is not None
    assert "Most of them are of /mail: 3 of its 33 events, typically 3 hours behind, at most 40 hours" in found
    assert "behind what is mined already" in found
    assert "--history" not in found


def test_what_is_older_than_the_record_names_the_flag():
    """Data from before the record is distinguished from data inside it, with the flag that takes it as history."""
    found = late_sentence(lateness(desk=(5, [24 * 40, 24 * 50, 3])), timedelta(days=30))
    assert found is not None
    assert "2 are older than the record of this database, 1 are behind what is mined already" in found
    assert "`groundswell ingest --history`" in found


@pytest.mark.parametrize(
    ("hours", "says"), [(0.001, "1 minutes"), (1.5, "90 minutes"), (30, "30 hours"), (72, "3 days")]
)
def test_spans_are_said_in_the_unit_that_fits(hours, says):
    """Minutes, hours or days."""
    assert says in (late_sentence(lateness(desk=(0, [hours])), None) or "")


def test_figures_of_batches_add_up():
    """Two batches have the figures of one."""
    one, other = lateness(desk=(2, [1])), lateness(desk=(3, [4]), mail=(1, []))
    one.add(other)
    assert (one.sources["/desk"].stored, one.sources["/desk"].late, one.sources["/mail"].stored) == (7, 2, 1)
    assert (one.sources["/desk"].worst, one.sources["/desk"].typical) == (timedelta(hours=4), timedelta(hours=2.5))
