"""News: whether others wrote anything that an epoch has to look at, read in one statement.

Most epochs find nothing: one statement in place of one for each kind of news is most of what an epoch without tickets costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Exists, Select, bindparam, exists, func, or_, select

from store.decisions import DecisionKind
from store.epochs import MINER, MinerRow, first_waiting
from store.schema import corrections, decisions, events, launches, miner, silences, themes, tombstones

_ABOUT_DEMAND = (DecisionKind.DEMAND.value, DecisionKind.UNDO.value)


@dataclass(frozen=True, slots=True)
class EpochNews:
    """What an epoch may have to look at; by default everything.

    Parameters
    ----------
    due: decisions that it has to apply. decided: decisions about demand, and undos, that the epoch before or a later one applied.
    launches: plans that are known by its end. silences: those that have begun by then and whose end is not reported.
    renamed: themes without a name of their tickets. erased: tickets that a person erased.
    corrections: counts that it changed in the buckets of other epochs, by decisions that were applied in it.
    """

    due: bool = True
    decided: bool = True
    launches: bool = True
    silences: bool = True
    renamed: bool = True
    erased: bool = True
    corrections: bool = True


@dataclass(frozen=True, slots=True)
class MinerProgress:
    """How far the miner is, the oldest epoch with events that wait (None without any), and whether a decision is due."""

    row: MinerRow
    waiting: int | None
    due: bool


def read_news(connection: Connection, epoch: int, end: datetime) -> EpochNews:
    """Read what there is for an epoch that ends at `end`, in event time."""
    found = connection.execute(_news_query(), {"epoch": epoch, "end": end}).one()
    return EpochNews(*(bool(one) for one in found))


def read_progress(connection: Connection) -> MinerProgress:
    """Read how far the miner is, and what waits for it."""
    found = connection.execute(_progress_query()).one_or_none()
    if found is None:
        return MinerProgress(MinerRow(), first_waiting(connection), due=False)
    return MinerProgress(MinerRow(found.next_epoch, found.first_epoch, found.state), found.waiting, bool(found.due))


@cache
def _news_query() -> Select[Any]:
    epoch: BindParameter[int] = bindparam("epoch")
    end: BindParameter[datetime] = bindparam("end")
    next_epoch = select(miner.c.next_epoch).where(miner.c.name == MINER).scalar_subquery()
    columns: list[ColumnElement[bool]] = [
        _due_by(func.coalesce(next_epoch, epoch)),
        exists().where(decisions.c.applied_epoch >= epoch - 1, decisions.c.kind.in_(_ABOUT_DEMAND)),
        exists().where(launches.c.time < end),
        exists().where(silences.c.starts_at <= end, silences.c.reported_at.is_(None)),
        exists().where(themes.c.named_size == 0),
        exists().where(tombstones.c.erased_until.is_not(None), tombstones.c.mined_epoch.is_(None)),
        exists().where(corrections.c.epoch >= epoch),
    ]
    return select().add_columns(*columns)


@cache
def _progress_query() -> Select[Any]:
    waiting = select(func.min(events.c.epoch)).where(events.c.mined_epoch.is_(None)).scalar_subquery()
    due = _due_by(miner.c.next_epoch)
    return select(
        miner.c.next_epoch, miner.c.first_epoch, miner.c.state, waiting.label("waiting"), due.label("due")
    ).where(miner.c.name == MINER)


def _due_by(epoch: ColumnElement[int]) -> Exists:
    ready = or_(decisions.c.due_epoch.is_(None), decisions.c.due_epoch <= epoch)
    return exists().where(
        decisions.c.applied_epoch.is_(None), decisions.c.undone_by.is_(None), epoch.is_not(None), ready
    )
