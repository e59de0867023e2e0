"""What a digest says of service levels: promises about to be missed, and those missed or kept, with their tickets."""

from __future__ import annotations

from datetime import datetime

from alerts.digest.escape import plain
from alerts.digest.language import ReaderDates
from models.formats import counted
from models.proportion import wilson_interval
from store.promises import DuePromise, PromiseState

MOST_DUE = 3
"""Promises that are named of those that are due; the others are counted."""

LONGEST_ID = 60
"""Characters of a ticket's number that are written."""


def promises_line(state: PromiseState, dates: ReaderDates, near: datetime) -> str:
    """Write what is due, missed and kept, as of when; empty where there is nothing to say. `near` is a time on the readers' page.

    `2 promises are due within 2 h of 14:05: T-12 (first reply by 14:20), T-13 (resolution by 15:00); 5 of 104 were missed (T-3, T-4),
    95.2 % kept (89.2 to 97.9 %).`
    """
    parts = [_due(state, dates, near), _decided(state)]
    said = "; ".join(part for part in parts if part)
    return f"{said}. Known until {dates.moment(state.as_of, near)}." if said else ""


def promises_summary(state: PromiseState | None, dates: ReaderDates, near: datetime) -> str:
    """Write the same in one sentence without the tickets; empty where nothing is due and nothing was missed."""
    if state is None or not (state.due or state.missed):
        return ""
    parts = []
    if state.due:
        first = state.due[0]
        verb = "is" if len(state.due) == 1 else "are"
        next_one = f"{_ticket(first.ticket_id)} by {dates.moment(first.due_at, near)}"
        parts.append(f"{counted(len(state.due), 'promise')} {verb} due within 2 h, first {next_one}")
    if state.missed:
        parts.append(f"{state.missed:,} of {state.missed + state.kept:,} were missed")
    return f"Service levels: {'; '.join(parts)}."


def _due(state: PromiseState, dates: ReaderDates, near: datetime) -> str:
    if not state.due:
        return ""
    named = [_promise(one, dates, near) for one in state.due[:MOST_DUE]]
    more = len(state.due) - MOST_DUE
    verb = "is" if len(state.due) == 1 else "are"
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{counted(len(state.due), 'promise')} {verb} due within 2 h: {', '.join(named)}{rest}"


def _promise(one: DuePromise, dates: ReaderDates, near: datetime) -> str:
    what = one.policy if one.target == "stated" else one.target.replace("_", " ")
    return f"{_ticket(one.ticket_id)} ({plain(what)} by {dates.moment(one.due_at, near)})"


def _decided(state: PromiseState) -> str:
    number = state.missed + state.kept
    if not number:
        return ""
    low, high = wilson_interval(state.kept, number)
    share = f"{state.kept / number:.1%} kept ({low:.1%} to {high:.1%})".replace("%", " %").replace(" % to", " to")
    if not state.missed:
        return f"none of {number:,} was missed, {share}"
    named = [_ticket(one) for one in state.missed_tickets]
    more = " and others" if state.missed > len(named) else ""
    return f"{state.missed:,} of {number:,} {'was' if state.missed == 1 else 'were'} missed ({', '.join(named)}{more}), {share}"


def _ticket(ticket_id: str) -> str:
    return plain(ticket_id)[:LONGEST_ID]
