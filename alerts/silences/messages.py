"""What the owner of a silence is sent: a reminder before it ends, and a report of what it hid when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.formats import counted, utc_minute
from models.silence import Silence, SilenceKind

MOST_NAMED = 5
"""Themes that a report names; it counts the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenSummary:
    """What a silence hid.

    signals: how many. themes: names of their themes, each once, those with most tickets first. tickets: of those signals.
    lasting: how many of the signals still last.
    """

    signals: int = 0
    themes: tuple[str, ...] = ()
    tickets: int = 0
    lasting: int = 0


def reminder_due(silence: Silence, before: timedelta) -> datetime | None:
    """Return when the owner is reminded; None of a mute rule without a date of review.

    That is `before` the end or the review, but not in the first half of the time until then: a silence of half an hour needs no
    reminder in its first minute.
    """
    until = silence.review_at if silence.kind is SilenceKind.MUTE else silence.ends_at
    if until is None:
        return None
    return max(until - before, silence.starts_at + (until - silence.starts_at) / 2)


def reminder_sentence(silence: Silence, hidden: HiddenSummary) -> str:
    """Write the reminder: what ends or is to be reviewed, and what it has hidden so far."""
    so_far = f"so far it has hidden {_hidden(hidden)}"
    if silence.kind is SilenceKind.MUTE and silence.review_at is not None:
        return (
            f"{_subject(silence)} is to be reviewed at {utc_minute(silence.review_at)}; {so_far}; "
            f"it stays in force until `groundswell silences expire {silence.silence_id}`"
        )
    end = "" if silence.ends_at is None else f" ends at {utc_minute(silence.ends_at)}"
    return f"{_subject(silence)}{end}; {so_far}; what still lasts then is alerted"


def report_sentence(silence: Silence, hidden: HiddenSummary) -> str:
    """Write the report: what the silence hid, and how much of it lasts and is decided again."""
    by = f", ended by {silence.expired_by}," if silence.expired_by else ""
    ended = "" if silence.ends_at is None else f" ended at {utc_minute(silence.ends_at)}"
    lasting = "" if not hidden.signals else f"; {hidden.lasting} of them last and are decided again"
    return f"{_subject(silence)}{by}{ended} and has hidden {_hidden(hidden)}{lasting}"


def _subject(silence: Silence) -> str:
    noun = "the mute rule" if silence.kind is SilenceKind.MUTE else "the silence"
    return f"{noun} {silence.silence_id} of {silence.owner} ({silence.reason})"


def _hidden(hidden: HiddenSummary) -> str:
    if not hidden.signals:
        return "nothing"
    return f"{counted(hidden.signals, 'signal')} with {counted(hidden.tickets, 'ticket')} about {_named(hidden.themes)}"


def _named(themes: Sequence[str]) -> str:
    others = len(themes) - MOST_NAMED
    named = ", ".join(themes[:MOST_NAMED])
    return named if others <= 0 else f"{named} and {counted(others, 'other theme')}"
