"""Previews of decisions that flag a theme as a known issue, let it join one, or take the flag away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from models.bucket import bucket_of
from models.formats import counted, figure
from models.known_issues.details import DetailsInvalid, issue_details
from models.segment import EVERYTHING
from pipelines.decisions.preview import DecisionInvalid, DecisionPreview, make_preview
from store.counts import count_series, read_segments
from store.decisions import DecisionKind
from store.epochs import read_mined_until
from store.known_issue_decisions import KnownIssueInvalid, joining_payload
from store.known_issues import KnownIssueUnknown
from store.survivors import surviving_theme
from store.themes import read_themes

DAY = timedelta(days=1)


def propose_flag(connection: Connection, theme_id: int, details: Mapping[str, str | None]) -> DecisionPreview:
    """Preview flagging a theme as a known issue with a title and other details. Raises `ThemeUnknown`, `DecisionInvalid`."""
    theme = surviving_theme(connection, theme_id)
    try:
        payload = issue_details({"title": "", **{name: text for name, text in details.items() if text}})
    except DetailsInvalid as error:
        raise DecisionInvalid(str(error)) from error
    payload = {"jira": None, "workaround": None, **payload}
    return make_preview(connection, DecisionKind.KNOWN_ISSUE, theme, payload, [theme], [], _notes(connection, theme))


def propose_join(connection: Connection, theme_id: int, issue_id: int) -> DecisionPreview:
    """Preview letting a theme join a known issue that exists. Raises `ThemeUnknown`, `DecisionInvalid`."""
    theme = surviving_theme(connection, theme_id)
    try:
        payload = joining_payload(connection, issue_id)
    except (KnownIssueUnknown, KnownIssueInvalid) as error:
        raise DecisionInvalid(str(error)) from error
    return make_preview(connection, DecisionKind.KNOWN_ISSUE, theme, payload, [theme], [], _notes(connection, theme))


def propose_clear(connection: Connection, theme_id: int) -> DecisionPreview:
    """Preview taking the flag as a known issue away. Raises `ThemeUnknown`, `DecisionInvalid` where it has none."""
    theme = surviving_theme(connection, theme_id)
    row = read_themes(connection)[theme]
    if row.known_issue is None:
        raise DecisionInvalid(f"theme {theme} is no known issue; there is no flag to take away")
    notes = ("it alerts like any other theme from then on",)
    return make_preview(connection, DecisionKind.CLEAR_KNOWN_ISSUE, theme, {}, [theme], [], notes)


def _notes(connection: Connection, theme: int) -> tuple[str, ...]:
    size = read_themes(connection)[theme].size
    attached = f"its {counted(size, 'ticket')} attach to the known issue, and so do those that come"
    until = read_mined_until(connection)
    if until is None:
        return (attached,)
    return (
        attached,
        f"it alerts only when it grows well beyond {figure(_volume(connection, theme, until))} tickets a day",
    )


def _volume(connection: Connection, theme: int, until: datetime) -> float:
    everything = read_segments(connection).get(EVERYTHING.key, -1)
    return float(count_series(connection, theme, everything, bucket_of(until - DAY), bucket_of(until)))
