"""Sentences of causes; symptoms, decoys and unsupported causes are not named."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.causes import CauseInputs, explain
from models.causes.sentences import called, lasting, named, times
from models.change import Change
from models.segment import EVERYTHING, Segment

ONSET = datetime(2026, 9, 21, 13, 20, tzinfo=UTC)
DIMENSIONS = ("region", "payment_method", "platform", "app_version")
ANDROID = Segment.of({"platform": "android", "app_version": "38.2.0"})
PIX = Segment.of({"region": "BR", "payment_method": "pix"})


def tickets(seed, n, segment=EVERYTHING):
    """Tickets of an even mix, with the segment's values in place of their own."""
    random = np.random.default_rng(seed)
    values = (("US", "BR", "IN"), ("card", "pix", "upi"), ("android", "ios", "web"), ("38.0.0", "38.1.0", "38.2.0"))
    drawn = [random.choice(each, n) for each in values]
    return [dict(zip(DIMENSIONS, map(str, row), strict=True)) | segment.as_dict() for row in zip(*drawn, strict=True)]


def change(identity, scope, minutes_before, kind="release", title="Release 38.2.0"):
    """A change some minutes before the onset."""
    return Change(identity, kind, title, scope, ONSET - timedelta(minutes=minutes_before))


def explained(window, expected, changes=()):
    """Explain with a thousand usual tickets as the reference."""
    return explain(
        CauseInputs(window, tickets(99, 1000), expected, start=ONSET, dimensions=DIMENSIONS, changes=changes)
    )


def named_changes(found):
    """The identities of the changes and incidents named."""
    return [cause.change_id for cause in found.causes if cause.kind in ("change", "incident")]


def test_sentence_of_a_segment():
    """A segment is reported by name, multiple of the usual, share of the excess, and the change after which the rise began."""
    found = explained(tickets(1, 90) + tickets(2, 60, ANDROID), 90.0, [change("r", ANDROID, 12)])
    first = found.causes[0]
    share, risk = round(100 * first.contribution), f"{first.relative_risk:.1f}"
    assert first.reason == (
        f"Android 38.2.0, {risk} times the usual, explains {share} % of the excess, began 12 minutes after release 38.2.0."
    )
    assert explained(tickets(1, 90) + tickets(2, 60, ANDROID), 90.0).causes[0].reason == (
        f"Android 38.2.0, {risk} times the usual, explains {share} % of the excess."
    )


def test_incident_recorded_after_the_onset_is_a_symptom():
    """An incident opened when the rise had begun is no cause of it; a release with the same time may be."""
    window = tickets(1, 20) + tickets(2, 60, PIX)
    assert named_changes(explained(window, 20.0, [change("i", PIX, -5, "incident")])) == []
    assert named_changes(explained(window, 20.0, [change("r", PIX, -5)])) == ["r"]
    assert named_changes(explained(window, 20.0, [change("r", PIX, -30)])) == []


@pytest.mark.parametrize("seed", range(4))
def test_each_of_two_causes_has_its_change_and_decoys_are_silent(seed):
    """The change of the smaller cause is named too; changes elsewhere, long ago or everywhere are not."""
    window = tickets(seed, 60) + tickets(seed + 10, 70, PIX) + tickets(seed + 20, 45, ANDROID)
    decoys = [
        change("elsewhere", Segment.of({"region": "US"}), 10),
        change("half", Segment.of({"platform": "ios"}), 10),
        change("days-ago", PIX, 60 * 20),
        change("everywhere", EVERYTHING, 60 * 6),
    ]
    found = explained(window, 60.0, [change("pix", PIX, 20), change("android", ANDROID, 30), *decoys])
    assert {cause.segment for cause in found.causes if cause.kind == "segment"} == {PIX, ANDROID}
    assert sorted(named_changes(found)) == ["android", "pix"]
    by_segment = {cause.segment: cause.reason for cause in found.causes if cause.kind == "segment"}
    assert by_segment[PIX].endswith("began 20 minutes after release 38.2.0.")
    assert by_segment[ANDROID].endswith("began 30 minutes after release 38.2.0.")


def test_verdict_is_external_when_what_is_found_explains_less_than_half():
    """A rise that is everywhere, with a small share in one segment, is external: the share is reported, and that it is small."""
    found = explained(tickets(1, 260) + tickets(2, 60, PIX), 60.0)
    assert [cause.segment for cause in found.causes] == [PIX]
    assert found.verdict.startswith("External: the segments found explain ")
    assert "less than half" in found.verdict


def test_verdict_without_support():
    """A rise that is alike everywhere has no supported cause."""
    found = explained(tickets(1, 200), 60.0)
    assert (found.causes, found.verdict[:19]) == ((), "No supported cause:")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "everything"),
        ({"platform": "ios", "app_version": "38.2.0"}, "iOS 38.2.0"),
        ({"app_version": "38.2.0"}, "app version 38.2.0"),
        ({"business_line": "live", "region": "BR", "payment_method": "pix"}, "BR pix, business line live"),
        ({"region": "日本", "queue_name": "عاجل"}, "日本, queue name عاجل"),
    ],
)
def test_names_of_segments(values, name):
    """Self-explanatory values are given alone, others with their dimension, whatever the script."""
    assert named(Segment.of(values)) == name


def test_names_of_figures_and_changes():
    """Durations, risks and changes are reported in the usual unit, a change's kind once."""
    assert [lasting(timedelta(minutes=each)) for each in (1, 119, 120, 2880)] == [
        "1 minute", "119 minutes", "2 hours", "2 days",
    ]  # fmt: skip
    assert [times(each) for each in (1.25, 99.94, 250.4, 5000.0)] == [
        "1.2 times", "99.9 times", "250 times", "more than 1,000 times",
    ]  # fmt: skip
    assert called(change("r", PIX, 0, "release", "Release 38.2.0")) == "release 38.2.0"
    assert called(change("r", PIX, 0, "rule_update", "Pix limits")) == "rule update Pix limits"
