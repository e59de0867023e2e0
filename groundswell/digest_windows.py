"""The window of a digest that is asked for on the command line: a day, a week, a launch, or two times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from alerts.digest.title import EARLIEST_DAY, LATEST_DAY, local_day, local_week
from groundswell.errors import GroundswellError, UsageError
from models.times import parse_rfc3339, rfc3339
from store.board import LaunchRow, Now, launch_rows, now_of
from store.digests import DigestKind, DigestWindow


def parse_kind(text: str) -> DigestKind:
    """Read a kind of digest, written with dashes or underscores. Raises `UsageError`."""
    try:
        return DigestKind(text.replace("-", "_"))
    except ValueError as error:
        kinds = ", ".join(kind.value.replace("_", "-") for kind in DigestKind)
        raise UsageError(f"received the kind {text!r}; valid are {kinds}") from error


def window_of(connection: Connection, kind: DigestKind, day: str | None, window: str | None) -> DigestWindow:
    """Return the window [start, end) that was asked for, or the newest one of event time that has tickets.

    `day` names a day of UTC, for a weekly digest or review the week (from Monday) that it is in. `window` gives both ends.
    """
    newest = now_of(connection)
    if window is not None:
        if day is not None:
            raise UsageError("received both --day and --window; give one of them")
        return _parse_window(window)
    if day is not None:
        asked = _whole(_start_of(day), kind)
        _check_begun(asked.start, f"the day {day}", newest)
        return asked
    if newest is None:
        raise GroundswellError(
            "no ticket has been mined yet, so there is no day to digest; `groundswell ingest FILE` first"
        )
    # `newest.time` is the end of the newest bucket: the instant before it is in the day of that ticket.
    return _whole(newest.time - timedelta(seconds=1), kind)


def launch_of(connection: Connection, launch_id: str | None) -> tuple[LaunchRow, DigestWindow]:
    """Return the launch that was asked for, or the newest one that has begun, and its window up to the last full hour with tickets."""
    newest, rows = now_of(connection), launch_rows(connection)
    if launch_id is None:
        begun = [row for row in rows if newest is not None and row.start < newest.time]
        if not begun:
            raise GroundswellError(
                "no launch has begun, so there is no digest of one; `groundswell launches list` shows them"
            )
        chosen = begun[0]
    else:
        found = [row for row in rows if row.launch_id == launch_id]
        if not found:
            raise UsageError(
                f"received the launch {launch_id!r}, which is not on record; `groundswell launches list` shows them"
            )
        chosen = found[0]
    _check_begun(chosen.start, f"the launch {chosen.launch_id}, which begins {rfc3339(chosen.start)}", newest)
    return chosen, DigestWindow(
        chosen.start, chosen.end if newest is None else min(chosen.end, _full_hour(newest, chosen.start))
    )


def _full_hour(newest: Now, start: datetime) -> datetime:
    hour = newest.time.replace(minute=0, second=0, microsecond=0)
    return hour if hour > start else newest.time


def _check_begun(start: datetime, what: str, newest: Now | None) -> None:
    if newest is not None and start >= newest.time:
        raise UsageError(
            f"received {what}, but the newest ticket is of {newest.time:%Y-%m-%d}; valid is that day or an earlier one"
        )


def _whole(at: datetime, kind: DigestKind) -> DigestWindow:
    return local_day(at, "UTC") if kind is DigestKind.DAILY else local_week(at, "UTC")


def _parse_window(text: str) -> DigestWindow:
    try:
        start, end = (parse_rfc3339(part) for part in text.split("/"))
        window = DigestWindow(start, end)
    except ValueError as error:
        raise UsageError(
            f"received the window {text!r}; valid are two times with a zone and a slash between, the earlier one first, for example "
            "2026-11-20T08:00Z/2026-11-20T12:00Z"
        ) from error
    _check_in_range(window.start, f"window {text!r}")
    _check_in_range(window.end, f"window {text!r}")
    return window


def _start_of(day: str) -> datetime:
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"received the day {day!r}; valid is YYYY-MM-DD, for example 2026-11-20") from error
    _check_in_range(start, f"day {day!r}")
    return start


def _check_in_range(at: datetime, what: str) -> None:
    if not EARLIEST_DAY <= at.date() <= LATEST_DAY:
        raise UsageError(f"received the {what}; valid are days from {EARLIEST_DAY} to {LATEST_DAY}")
