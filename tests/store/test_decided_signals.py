"""Decisions about signals in the store: one row for each change, read back as they were at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.silence import Silence, SilenceKind, SilenceMatchers
from store.audit import list_audit
from store.database import open_database, upgrade
from store.decided_signals import (
    MOST_ROWS,
    DecidedSignal,
    is_newest,
    note_decision,
    read_decision_of_alert,
    read_decisions,
    read_hidden,
    set_incident,
)
from store.erasure.notes import remove_passages
from store.erasure.passages import Passages
from store.phrases import Replacements, replace_phrases
from store.silences import get_silence, insert_silence

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
STAGE = StageResult(stage=StageName.MINIMUM_TICKETS, passed=False, value=3, threshold=5, unit="tickets", reason="few")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An empty database."""
    made = open_database(f"sqlite:///{tmp_path_factory.mktemp('decided')}/test.db")
    upgrade(made)
    return made


@pytest.fixture
def connection(engine):
    """A transaction that is taken back."""
    with engine.connect() as made:
        yield made
        made.rollback()


def decided(minutes=0, **changes):
    """A decision about spike 3 of theme 7, so many minutes later."""
    values = {
        "epoch": minutes, "at": NOW + timedelta(minutes=minutes), "kind": AlertKind.SPIKE, "theme_id": 7, "spike_id": 3,
        "reason": "3 tickets", "stages": (STAGE,), "gate": Gate.FEWER_TICKETS_THAN_MINIMUM, **changes,
    }  # fmt: skip
    return DecidedSignal(**values)


def newest_of(connection, minutes=1000):
    """What was in force about theme 7 so many minutes later."""
    return read_decisions(connection, theme_ids=[7], spike_ids=[3], until=NOW + timedelta(minutes=minutes))


def test_a_decision_is_written_when_it_changes(connection):
    """The same decision in the next epochs has no row of its own; another gate, silence or alert has one."""
    first = note_decision(connection, decided())
    assert note_decision(connection, decided(5, reason="4 tickets")) == first
    silenced = note_decision(connection, decided(10, gate=Gate.SILENCED, silence_id=1))
    assert note_decision(connection, decided(15, gate=Gate.SILENCED, silence_id=2)) > silenced
    sent = note_decision(connection, decided(20, gate=None, alert_id=9))
    assert [one.signal_id for one in newest_of(connection)] == [sent]
    assert [one.signal_id for one in newest_of(connection, minutes=7)] == [first]
    assert newest_of(connection, minutes=-1) == []


def test_what_is_written_is_read_back(connection):
    """A decision has all its stages again."""
    number = note_decision(connection, decided(gate=None, alert_id=9))
    found = read_decision_of_alert(connection, 9)
    assert found == replace(decided(gate=None, alert_id=9), signal_id=number)
    assert read_decision_of_alert(connection, 10) is None


def test_signals_are_told_apart(connection):
    """A theme's birth, its return after a fix and each of its spikes are signals of their own."""
    for kind, spike in (
        (AlertKind.NEW_THEME, None),
        (AlertKind.REGRESSED, None),
        (AlertKind.SPIKE, 3),
        (AlertKind.SPIKE, 4),
    ):
        note_decision(connection, decided(kind=kind, spike_id=spike))
    assert [(one.kind, one.spike_id) for one in newest_of(connection)] == [
        (AlertKind.NEW_THEME, None), (AlertKind.REGRESSED, None), (AlertKind.SPIKE, 3), (AlertKind.SPIKE, 4)
    ]  # fmt: skip


def test_a_gate_that_flaps_does_not_fill_the_table(connection):
    """However often the gate of one signal changes, it has so many rows, and the newest is the last decision."""
    gates = (Gate.PART_OF_ANOTHER_SPIKE, Gate.FEWER_REQUESTERS_THAN_MINIMUM)
    ids = {note_decision(connection, decided(at, gate=gates[at % 2])) for at in range(3 * MOST_ROWS)}
    assert len(ids) == MOST_ROWS
    (newest,) = newest_of(connection)
    assert (newest.epoch, newest.gate) == (3 * MOST_ROWS - 1, gates[1])


def test_what_a_silence_hid_is_read_by_it(connection):
    """The signals that it ever hid, each once, and whether that is still what was decided last."""
    note_decision(connection, decided(gate=Gate.SILENCED, silence_id=1))
    note_decision(connection, decided(5, gate=None, alert_id=9))
    note_decision(connection, decided(spike_id=4, gate=Gate.SILENCED, silence_id=1))
    note_decision(connection, decided(spike_id=5, gate=Gate.SILENCED, silence_id=2))
    found = read_hidden(connection, [1])
    assert [one.spike_id for one in found] == [3, 4]
    assert [is_newest(connection, one) for one in found] == [False, True]
    assert read_hidden(connection, []) == []


def test_names_and_quotations_are_replaced_in_what_was_decided_and_silenced(connection):
    """The name of a theme goes from decisions with their stages, and a quotation of an erased text from what was typed of a silence."""
    text = "my coins of last Friday never came and nobody answers"
    note_decision(
        connection, decided(reason="9 tickets about old name", stages=(replace(STAGE, reason="old name is planned"),))
    )
    made = insert_silence(connection, Silence(
        silence_id=0, kind=SilenceKind.SILENCE, owner="ana", reason=f"they write: {text}", matchers=SilenceMatchers(like=text),
        created_at=NOW, starts_at=NOW, ends_at=NOW + timedelta(hours=1),
    ))  # fmt: skip
    replace_phrases(connection, Replacements({"old name": "new name"}, {"old name": "new name"}))
    remove_passages(connection, Passages([text]))
    (found,) = newest_of(connection)
    assert (found.reason, found.stages[0].reason) == ("9 tickets about new name", "new name is planned")
    silence = get_silence(connection, made.silence_id)
    assert (silence.reason, silence.matchers.like) == ("they write: [ERASED]", "[ERASED]")
    assert "coins" not in str(list_audit(connection))


def test_the_incident_of_a_signal_is_noted_in_its_decisions(connection):
    """Those of its spike and of its alert, and no others."""
    note_decision(connection, decided())
    note_decision(connection, decided(spike_id=4))
    set_incident(connection, 2, alert_id=None, spike_id=3)
    set_incident(connection, 5, alert_id=None, spike_id=None)
    assert [(one.spike_id, one.incident_id) for one in newest_of(connection)] == [(3, 2), (4, None)]
