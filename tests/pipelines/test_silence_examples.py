"""Silences by an example text: the themes that a ticket with the text would be assigned to, and no others."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from models.segment import EVERYTHING
from models.silence import Silence, SilenceKind, SilenceMatchers
from pipelines.silences import EpochSilences, resolved
from pipelines.state.themes import ThemeRecord, ThemeRecords

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
EXAMPLE = Silence(
    silence_id=1, kind=SilenceKind.MUTE, owner="ana", reason="test", matchers=SilenceMatchers(like="late refund"), created_at=NOW,
    starts_at=NOW, example=np.zeros(384, np.float32),
)  # fmt: skip


def state(threshold, *near):
    """A miner's state whose index answers so; theme 9 was merged into theme 7."""
    index = SimpleNamespace(threshold=threshold, similar=lambda _: list(near))
    themes = ThemeRecords([ThemeRecord(theme_id=one, name=f"theme {one}") for one in (7, 8, 9)])
    themes[9].end_in(7)
    return SimpleNamespace(index=index, themes=themes)


@pytest.mark.parametrize(
    ("threshold", "near", "similar"),
    [
        (0.6, [(7, 0.8), (8, 0.6)], {7: 0.8, 8: 0.6}),
        (0.6, [(7, 0.59)], {}),
        (0.6, [(7, 0.8), (9, 0.7)], {7: 0.8}),
        (0.6, [], {}),
        (None, [(7, 0.9)], {}),
    ],
)
def test_an_example_reaches_the_themes_at_the_threshold(threshold, near, similar) -> None:
    """A near miss, which names and plans accept, hides nothing; of merged themes the survivor counts, with the greater closeness."""
    assert resolved(state(threshold, *near), EXAMPLE).similar == similar


def test_silences_are_resolved_when_the_first_signal_is_decided() -> None:
    """An epoch without signals compares no text; one with several compares it once."""
    asked = []
    one = state(0.6, (7, 0.8))
    one.index.similar = lambda vector: asked.append(vector) or [(7, 0.8)]
    silences = EpochSilences([EXAMPLE], NOW)
    assert asked == []
    assert [len(silences.covering(one, theme, EVERYTHING)) for theme in (7, 8, 7)] == [1, 0, 1]
    assert len(asked) == 1
