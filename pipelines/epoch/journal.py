"""The journal of an epoch: what it corrected, its episodes at its end, and what they were judged with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.bucket import BUCKET_SECONDS
from pipelines.context import EpochContext
from pipelines.launches.resolve_plans import planned_groups
from pipelines.state import MinerState
from store.journal import shorten, write_corrections, write_courses, write_frame
from store.spikes import StoredSpike

FLAG = ("since", "usual_per_day")
"""What detection needs of a known issue; its title and workaround stay in the decision."""

LATER = ("issue",)
"""What gates need of it, too, and flags from before known issues had numbers have not."""


def note_corrections(context: EpochContext, changes: Mapping[tuple[int, int, int], int], epoch: int) -> bool:
    """Keep the changes of counts, by (theme, segment id, bucket), outside the epoch's own buckets; returns if there are any."""
    length = round(context.state.epoch_seconds) // BUCKET_SECONDS
    own = range(epoch * length, (epoch + 1) * length)
    cells = [(*key, n) for key, n in sorted(changes.items()) if n and key[2] not in own]
    write_corrections(context.connection, epoch, cells)
    return bool(cells)


def note_episodes(context: EpochContext, before: Mapping[int, StoredSpike]) -> None:
    """Keep the episodes that differ from `before`, the spikes by id when the epoch began."""
    epoch = context.window.number
    changed = [
        (before.get(one.spike_id), one) for one in context.state.episodes.by_id() if before.get(one.spike_id) is not one
    ]
    rows = [(None if was is None else _row(was, epoch), _row(one, epoch)) for was, one in changed]
    write_courses(context.connection, [row for was, row in rows if row != was])


def note_frame(context: EpochContext) -> None:
    """Keep what the epoch was judged with, where it differs from the last epoch's."""
    frame = frame_of(context.state)
    if frame != context.state.frame:
        write_frame(context.connection, context.window.number, frame)
        context.state.frame = frame


def shorten_journal(context: EpochContext) -> None:
    """Delete what the journal holds of epochs that are older than the setting `mining.journal`."""
    first = context.window.number - int(context.rules.mining.journal / context.window.length)
    if context.state.first_epoch is not None and first > context.state.first_epoch:
        shorten(context.connection, first)


def frame_of(state: MinerState) -> dict[str, Any]:
    """Return settings, flags by theme, families, and what each plan was resolved to, in the form in which JSON returns them."""
    flags = {
        str(one.theme_id): {
            **{name: flag.get(name) for name in FLAG},
            **{name: flag[name] for name in LATER if flag.get(name) is not None},
        }
        for one in state.themes.by_id()
        if one.live and (flag := one.flag_in_force) is not None
    }
    archived = {
        str(one.theme_id): dict(one.disposition)
        for one in state.themes.by_id()
        if one.live and one.disposition is not None and one.known_issue is None
    }
    return {
        **({"dispositions": archived} if archived else {}),
        **({"families": [list(one) for one in state.families]} if state.families else {}),
        "settings": state.detector.settings.model_dump(mode="json"), "flags": flags, "planned": planned_groups(state),
        "near": state.plans.nearest_as_json(),
    }  # fmt: skip


def _row(spike: StoredSpike, epoch: int) -> dict[str, Any]:
    return {
        "spike_id": spike.spike_id, "epoch": epoch, "theme_id": spike.theme_id, "segment": spike.segment.as_dict(),
        "end": spike.end, "observed": spike.observed, "expected": spike.expected, "severity": spike.severity,
        "gate": None if spike.gate is None else spike.gate.value,
    }  # fmt: skip
