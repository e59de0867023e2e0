"""Problems that are born on one day: each gets a theme of its own, and no ticket goes to and fro."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes import LineageReason, NewTicket, RememberedTicket, ThemeIndex, ThemeSettings
from models.themes.assign.state import MOST_CHANGES

START = datetime(2026, 9, 1, tzinfo=UTC)
EPOCH = timedelta(minutes=30)
LAUNCH = 3.0
SETTINGS = ThemeSettings(learning=timedelta(days=2), first_learning=60, memory=1_000)


def directions(count, random):
    """Unit vectors in random directions."""
    rows = random.standard_normal((count, 384))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def launch(seed, onsets, nearness, count=30, hours=12.0):
    """Tickets of six known problems, and of new ones that begin so many hours after the launch: (problem, ticket), by time.

    `nearness` is the cosine of the new problems' centres with the first of them.
    """
    random = np.random.default_rng(seed)
    known, new = directions(6, random), directions(len(onsets), random)
    new[1:] = nearness * new[0] + np.sqrt(1 - nearness**2) * new[1:]
    kinds = random.integers(0, 6, 500).tolist()
    days = (random.random(500) * 5.0).tolist()
    for number, onset in enumerate(onsets):
        kinds += [6 + number] * count
        days += (LAUNCH + (onset + random.random(count) * hours) / 24).tolist()
    centres = np.concatenate((known, new))
    found = []
    for at in np.argsort(days, kind="stable").tolist():
        noise = random.standard_normal(384)
        vector = centres[kinds[at]] + 0.8 * noise / np.linalg.norm(noise)
        vector = (vector / np.linalg.norm(vector)).astype(np.float16)
        found.append((kinds[at], NewTicket(f"T-{len(found):04d}", START + timedelta(days=days[at]), vector)))
    return found


class Miner:
    """Drives an index, stores what the store would, and counts how often each ticket changes its theme after the learning period."""

    def __init__(self):
        self.index = ThemeIndex(SETTINGS)
        self.rows, self.themes, self.changes, self.log = {}, {}, Counter(), []

    def mine(self, now, tickets, rising=None):
        """One epoch."""
        learned = self.index.state()["learned"]
        for ticket, one in zip(tickets, self.index.assign(tickets), strict=True):
            self.rows[ticket.ticket_id], self.themes[ticket.ticket_id] = ticket, one.theme_id
        found = self.index.discover(now, rising=rising or {})
        for move in found.moves:
            assert self.themes[move.ticket_id] == move.from_theme
            self.themes[move.ticket_id] = move.to_theme
        moved = [move.ticket_id for move in found.moves]
        for merge in found.merges:
            followers = [ticket for ticket, theme in self.themes.items() if theme == merge.theme_id]
            self.themes |= dict.fromkeys(followers, merge.into)
            moved += followers
        self.changes.update(moved if learned else ())
        self.log.append(found)

    def restart(self):
        """Replace the index by one restored from what was stored."""
        rows = [RememberedTicket(key, self.themes[key], one.time, one.vector) for key, one in self.rows.items()]
        self.index = ThemeIndex.restore(SETTINGS, json.loads(json.dumps(self.index.state())), rows)


def mined(labelled, rises=(), restarts=()):
    """Mine a stream, with rises of any theme in the epochs named, restarting before others."""
    grouped = {}
    for _, ticket in labelled:
        grouped.setdefault((ticket.time - START) // EPOCH, []).append(ticket)
    miner = Miner()
    for position, number in enumerate(sorted(grouped)):
        if position in restarts:
            miner.restart()
        now = START + (number + 1) * EPOCH
        rising = {theme: now - timedelta(hours=6) for theme in set(miner.themes.values()) - {None}}
        miner.mine(now, grouped[number], rising if position in rises else None)
    return miner


def majorities(labelled, miner):
    """The theme with most tickets of each problem, and the share of the problem's tickets in it."""
    counts = {}
    for kind, ticket in labelled:
        counts.setdefault(kind, Counter())[miner.themes[ticket.ticket_id]] += 1
    return {kind: (one.most_common(1)[0][0], one.most_common(1)[0][1] / one.total()) for kind, one in counts.items()}


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    onsets=st.lists(st.floats(0, 30), min_size=1, max_size=5),
    nearness=st.floats(0.0, 0.95),
    rises=st.sets(st.integers(100, 230), max_size=20),
    restarts=st.sets(st.integers(1, 230), max_size=3),
)
def test_no_ticket_changes_its_theme_more_than_three_times(seed, onsets, nearness, rises, restarts):
    """Whatever is born on a day and whatever rises, no ticket goes to and fro; a restart does not make it forget."""
    labelled = launch(seed, onsets, nearness)
    through, again = mined(labelled, rises), mined(labelled, rises, restarts)
    assert max(through.changes.values(), default=0) <= MOST_CHANGES == 3
    assert through.log == again.log
    assert through.index.state() == again.index.state()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1_000), later=st.floats(0, 6), nearness=st.floats(0.0, 0.8))
def test_a_young_theme_of_two_problems_is_split_within_a_day(seed, later, nearness):
    """Two problems that begin at once or hours apart, in more or less similar words, are two themes a day later."""
    labelled = launch(seed, [0.0, later], nearness)
    themes = majorities(labelled, mined(labelled))
    assert themes[6][0] != themes[7][0]
    assert min(themes[6][1], themes[7][1]) >= 0.8


@pytest.mark.parametrize("seed", range(4))
def test_five_problems_in_similar_words_are_five_themes(seed):
    """All that begins on one day is announced, each problem once, and one that is alone is not divided."""
    labelled = launch(seed, [0.0, 3.0, 6.0, 9.0, 12.0], 0.6)
    miner = mined(labelled)
    themes = majorities(labelled, miner)
    assert len({themes[kind][0] for kind in range(6, 11)}) == 5
    births = [birth for found in miner.log for birth in found.births if birth.reason is LineageReason.EMERGED]
    assert {birth.theme_id for birth in births} == {themes[kind][0] for kind in range(6, 11)}
