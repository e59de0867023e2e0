"""Families of themes are part of the miner's state: made once a day, saved, restored, and known of past epochs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from alerts.reason import excess_sentence
from models.segment import EVERYTHING
from models.spike import SpikeKind
from models.spikes.episodes.episode import EpisodeChange, Finding
from pipelines.epoch.detection import Detection
from pipelines.epoch.journal import frame_of
from pipelines.epoch.spikes import find
from pipelines.past.restore import set_frame
from pipelines.state.miner_state import restore
from pipelines.themes.families import group_families
from store.epochs import MinerRow
from store.schema import themes
from store.spikes import SpikeState
from tests.pipelines.chain import open_new, short_rules
from tests.pipelines.making import make_context, make_spike, make_window
from tests.pipelines.test_layout import MODEL, NOON, add_theme

RULES = replace(short_rules(), model=MODEL)
SUBJECTS = ((1, 4, 7, 10), (2, 5, 8, 11), (3, 6, 9, 12))


@pytest.fixture
def engine(database_url):
    """Return a database with twelve themes about three subjects, all of them with tickets."""
    opened = open_new(database_url)
    with opened.begin() as connection:
        for number in range(1, 13):
            add_theme(connection, number)
        connection.execute(update(themes).values(first_seen=NOON))
    yield opened
    opened.dispose()


def grouped(connection):
    """Return the state of a miner that has grouped the themes."""
    state = restore(connection, MinerRow(), RULES.mining, MODEL, NOON)
    group_families(make_context(connection, state, make_window(NOON + timedelta(hours=6)), RULES))
    return state


def test_similar_themes_are_a_family(engine):
    """The themes of each subject are one family, and the same ones again from the same tickets."""
    with engine.begin() as connection:
        state = grouped(connection)
        assert state.families == SUBJECTS
        group_families(make_context(connection, state, make_window(NOON + timedelta(hours=6)), RULES))
    assert state.families == SUBJECTS


def test_families_survive_a_restart(engine):
    """A miner that is restored has the same families; one from before there were any has none."""
    with engine.begin() as connection:
        kept = grouped(connection).as_json()
        again = restore(connection, MinerRow(state=kept), RULES.mining, MODEL, NOON)
        del kept["families"]
        older = restore(connection, MinerRow(state=kept), RULES.mining, MODEL, NOON)
    assert again.families == SUBJECTS
    assert older.families == ()


def test_a_past_epoch_is_judged_with_the_families_of_then(engine):
    """The journal holds the families, and a past epoch is restored with them; a frame from before there were any has none."""
    with engine.begin() as connection:
        state = grouped(connection)
    frame = frame_of(state)
    state.families = ()
    set_frame(state, frame)
    assert state.families == SUBJECTS
    del frame["families"]
    set_frame(state, frame)
    assert state.families == ()


def pooled_finding(change, *, observed=14):
    """Return a finding of three similar themes."""
    start = round(NOON.timestamp()) // 300
    return Finding(
        change=change, kind=SpikeKind.SPIKE, theme_id=4, segment=EVERYTHING, start=start, end=None, observed=observed, expected=2.1,
        ratio=observed / 2.1, excess=observed - 2.1, p_value=1e-8, q_value=1e-7, severity=90.0, total_observed=observed,
        total_expected=2.1, theme_ids=(1, 4, 7), budget=0.1,
    )  # fmt: skip


def test_a_spike_of_similar_themes_says_so(engine, monkeypatch):
    """The row names the themes that rise together, detection gets them back, and the reason of its alert counts them."""
    judged = [pooled_finding(EpisodeChange.OPENED)]
    monkeypatch.setattr(Detection, "judge", lambda _: (None, judged))
    with engine.begin() as connection:
        state = grouped(connection)
        ((spike, _),) = find(connection, state, make_window(NOON + timedelta(hours=6)))
        judged[:] = [pooled_finding(EpisodeChange.UPDATED, observed=20)]
        ((later, _),) = find(connection, state, make_window(NOON + timedelta(hours=6)))
    assert spike.note == "3 similar small themes rise together: 14 tickets where 2.1 were expected; the others are 1, 7"
    assert spike.together == later.together == (1, 4, 7)
    (episode,) = state.episodes.as_detected()
    assert episode.themes == (1, 4, 7)
    sentence = excess_sentence(later, NOON + timedelta(hours=6), together=len(later.together))
    assert sentence.endswith("(x9.5), in 3 similar small themes together")


def test_a_spike_over_a_plan_is_no_family():
    """The themes under one plan, and those of missing volume, are counted by the rules of these, and not as similar ones."""
    alone = make_spike(1, 4, NOON)
    several = SpikeState(theme_ids=(1, 4, 7))
    assert alone.together == ()
    assert alone.with_(kind=SpikeKind.LAUNCH_EXCESS, launch_id="sale", state=several).together == ()
    assert alone.with_(kind=SpikeKind.MISSING_VOLUME, state=several).together == ()
    assert alone.with_(state=several).together == (1, 4, 7)
