"""Families of themes, their names, and positions on a map that stay where they were."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.layout.arrange import ArrangedTheme, add_themes, arrange
from models.themes.layout.families import NO_FAMILY, find_families, match_families
from models.themes.layout.family_names import name_families
from models.themes.layout.positions import ALL_PAIRS

SUBJECTS = ("refund", "card", "payout", "gift", "login")
MATTERS = ("late", "wrong", "missing", "refused", "twice", "unknown")


def some_themes(number, seed=0, noise=0.3, subjects=SUBJECTS):
    """Themes about some subjects in turn: those of one subject are similar and share its word."""
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(99).normal(size=(len(subjects), 32))
    found = []
    for theme in range(1, number + 1):
        subject = theme % len(subjects)
        centre = directions[subject] + noise * rng.normal(size=32)
        name = f"{subjects[subject]} {MATTERS[theme // len(subjects) % len(MATTERS)]}"
        found.append(
            ArrangedTheme(theme, 10 + theme, (centre / np.linalg.norm(centre)).astype(np.float32), [name.capitalize()])
        )
    return found


def moved(before, after):
    """How far each theme of both layouts moved."""
    return np.array(
        [np.hypot(after[one].x - before[one].x, after[one].y - before[one].y) for one in after if one in before]
    )


def test_themes_of_one_subject_are_a_family_named_after_it():
    """Each subject is one family, and its name is the word that its themes share."""
    found = arrange(some_themes(30), {})
    for theme, place in found.items():
        assert place.family_name == SUBJECTS[theme % 5].capitalize()
    assert len({place.family_id for place in found.values()}) == 5
    assert all(abs(place.x) <= 1 and abs(place.y) <= 1 for place in found.values())


def test_a_family_is_drawn_together():
    """Two themes of a family are nearer to each other, on average, than two of different families."""
    found = arrange(some_themes(30), {})
    inside, outside = [], []
    for one in found:
        for other in range(one + 1, 31):
            distance = np.hypot(found[one].x - found[other].x, found[one].y - found[other].y)
            (inside if one % 5 == other % 5 else outside).append(distance)
    assert np.mean(inside) < np.mean(outside) / 2


@pytest.mark.parametrize("number", [60, ALL_PAIRS + 40])
def test_a_day_moves_themes_little(number):
    """With other tickets and a few new themes, most themes stay within a fortieth of the map's width, and in their family."""
    before = arrange(some_themes(number, seed=1), {})
    after = arrange(some_themes(number + 3, seed=1)[: number + 3], before)
    assert np.median(moved(before, after)) < 0.05
    kept = [before[one].family_id == after[one].family_id for one in before]
    assert np.mean(kept) > 0.9


def test_the_order_of_themes_does_not_matter():
    """The same themes give the same layout in any order, and again."""
    themes = some_themes(40)
    assert arrange(themes, {}) == arrange(themes[::-1], {}) == arrange(themes, {})


@settings(max_examples=40)
@given(st.integers(0, 12), st.integers(0, 3), st.booleans())
def test_any_themes_have_places(number, copies, empty):
    """No themes, one, equal ones, and ones without words or direction: each has a finite place inside the map."""
    themes = some_themes(number)
    themes += [
        ArrangedTheme(100 + one, 5, np.zeros(32) if empty else themes[0].centre if themes else np.ones(32), [""])
        for one in range(copies)
    ]
    before = arrange(themes[:3], {})
    found = arrange(themes, before)
    assert list(found) == sorted(one.theme_id for one in themes)
    assert all(np.isfinite(one.x) and abs(one.x) <= 1 and abs(one.y) <= 1 for one in found.values())
    families = [one.family_id for one in found.values() if one.family_id is not None]
    assert all(families.count(one) >= 2 for one in families)


def test_a_new_theme_begins_beside_those_like_it():
    """A theme that is added to a layout is placed among the themes of its subject."""
    themes = some_themes(30)
    before = arrange(themes[:-1], {})
    centres = {one.theme_id: one.centre for one in themes}
    new = add_themes({30: centres[30]}, {one: centres[one] for one in before}, before)[30]
    distances = {one: np.hypot(place.x - new.x, place.y - new.y) for one, place in before.items()}
    assert min(distances, key=distances.get) % 5 == 0
    assert add_themes({30: centres[30]}, {}, before) == {}


def test_families_keep_their_numbers_by_what_they_share():
    """The family with the larger shared part keeps the number, the other gets one that is free."""
    labels = np.array([0, 0, 0, 1, 1, NO_FAMILY])
    assert match_families(labels, [1, 2, 3, 4, 5, 6], {1: 9, 2: 9, 4: 9, 5: 9, 3: 4}) == {1: 9, 2: 9, 3: 9, 4: 5, 5: 5}


def test_unrelated_themes_make_no_family():
    """Themes at right angles to each other are in no family, and so are two themes alone."""
    assert set(find_families(np.eye(12, dtype=np.float32)).tolist()) == {NO_FAMILY}
    assert set(find_families(np.ones((2, 4), np.float32) / 2).tolist()) == {NO_FAMILY}


def test_a_family_without_a_shared_word_is_named_after_its_largest_theme():
    """No word list: the first theme gives the name."""
    words = {1: ["Age check fails", "id card"], 2: ["Wrong birthday", "gifting locked"], 3: ["Tax form"]}
    assert name_families(words, {1: 7, 2: 7}, {}) == {7: "Age check fails and related"}


def test_a_name_stays_unless_another_is_clearly_better():
    """Of two words that are shared alike, the family keeps the one that it has."""
    words = {1: ["Refund late", "seller"], 2: ["Refund twice", "seller"], 3: ["Tax form"]}
    for current in ("Refund", "Seller"):
        assert name_families(words, {1: 1, 2: 1}, {1: current}) == {1: current}


def test_themes_beyond_the_limit_join_the_family_of_the_nearest(monkeypatch):
    """With more themes than are compared pair by pair the others join families, and nothing else changes."""
    themes = some_themes(60, noise=0.1)
    whole = arrange(themes, {})
    monkeypatch.setattr("models.themes.layout.families.CLUSTERED", 40)
    cut = arrange(themes, {})
    assert [one.family_name for one in cut.values()] == [one.family_name for one in whole.values()]
