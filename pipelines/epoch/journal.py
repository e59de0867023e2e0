"""Keeping the journal: what an epoch corrected, how episodes stood at its end, and what they were judged with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKET_SECONDS
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import planned_groups
from pipelines.state import MinerState, near_json
from store.journal import shorten, write_corrections, write_courses, write_frame
from store.spikes import StoredSpike

FLAG = ("since", "usual_per_day")
"""What judging needs of a known issue; its title and workaround stay in the decision."""


def note_corrections(
    connection: Connection, memory: MinerState, changes: Mapping[tuple[int, int, int], int], epoch: int
) -> None:
    """Keep the changes of counts, by (theme, segment id, bucket), that lie outside the epoch's own buckets."""
    length = round(memory.epoch_seconds) // BUCKET_SECONDS
    own = range(epoch * length, (epoch + 1) * length)
    cells = [(*key, n) for key, n in sorted(changes.items()) if n and key[2] not in own]
    write_corrections(connection, epoch, cells)


def note_episodes(connection: Connection, before: Mapping[int, StoredSpike], memory: MinerState, epoch: int) -> None:
    """Keep the episodes that stand otherwise than before the epoch."""
    moved = [(before.get(key), one) for key, one in sorted(memory.spikes.items()) if before.get(key) is not one]
    rows = [(None if was is None else _course(was, epoch), _course(one, epoch)) for was, one in moved]
    write_courses(connection, [row for was, row in rows if row != was])


def note_frame(connection: Connection, memory: MinerState, moment: EpochWindow) -> None:
    """Keep what the epoch was judged with, where it is not what the last one was."""
    frame = frame_of(memory)
    if frame != memory.frame:
        write_frame(connection, moment.epoch, frame)
        memory.frame = frame


def shorten_journal(connection: Connection, memory: MinerState, moment: EpochWindow, kept: timedelta) -> None:
    """Forget what the journal holds of epochs that ended longer ago than `kept`."""
    first = moment.epoch - int(kept / moment.length)
    if memory.first_epoch is not None and first > memory.first_epoch:
        shorten(connection, first)


def frame_of(memory: MinerState) -> dict[str, Any]:
    """Settings, flags by theme, and what each plan was resolved to, in the form in which JSON gives them back."""
    flags = {
        str(theme): {name: one.known_issue.get(name) for name in FLAG}
        for theme, one in sorted(memory.themes.items())
        if one.live and one.known_issue is not None
    }
    settings = memory.detector.settings.model_dump(mode="json")
    return {"settings": settings, "flags": flags, "planned": planned_groups(memory), "near": near_json(memory.near)}


def _course(spike: StoredSpike, epoch: int) -> dict[str, Any]:
    return {
        "spike_id": spike.spike_id, "epoch": epoch, "theme_id": spike.theme_id, "segment": spike.segment.as_dict(),
        "end": spike.end, "observed": spike.observed, "expected": spike.expected, "severity": spike.severity,
        "gate": spike.gate,
    }  # fmt: skip
