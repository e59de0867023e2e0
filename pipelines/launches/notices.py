"""Notices of launch reviews: sent once per launch window, to the audiences that the launch concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.digest.escape import escape_markdown
from alerts.ownership import EVERYONE, Ownership
from models.formats import counted
from models.segment import Segment
from models.spikes.settings import SpikeSettings
from pipelines.launches.review import AFTERWARDS, LaunchUnknown, review_launch
from store.database import reading
from store.outbox import enqueue
from store.reviews import StoredReview, read_reviews


@dataclass(frozen=True, slots=True)
class ReviewNotice:
    """A published review: the one sentence that is sent, and the whole review in Markdown."""

    launch_id: str
    headline: str
    markdown: str


def publish_reviews(
    engine: Engine, ownership: Ownership, at: datetime, catch_up: timedelta, settings: SpikeSettings
) -> list[ReviewNotice]:
    """Put a notice of each final review into the outbox, and return those that were not there yet.

    A review is final once it includes the day after the launch. Launches that ended more than `catch_up` before `at` are
    left out, so that a first run does not send the reviews of a whole history. The outbox knows launch, window and audience
    of each notice: a repeated or late run sends nothing twice, and a launch whose window was moved is reviewed anew. `settings` are
    those that launches are mined with.
    """
    with reading(engine) as connection:
        due = [one for one in read_reviews(connection).values() if _is_due(one, at, catch_up)]
        found = [review for one in due if (review := _review(connection, one, settings)) is not None]
    published = []
    for review in found:
        with engine.begin() as connection:
            # A list, not a generator: each audience gets its row.
            new = [_enqueue(connection, review, audience) for audience in audiences_of(review, ownership)]
        if any(new):
            published.append(ReviewNotice(review["id"], headline(review), as_markdown(review)))
    return published


def audiences_of(review: Mapping[str, Any], ownership: Ownership) -> list[str]:
    """Return the audiences whose dimensions the launch's scope touches, then `everyone`."""
    scope = Segment.of(review["scope"])
    touched = [one.name for one in ownership.audiences if one.name != EVERYONE and one.match.touches(scope)]
    return [*touched, EVERYONE]


def headline(review: Mapping[str, Any]) -> str:
    """Say in one sentence how the launch went: planned themes against the plan, or all tickets where nothing was planned."""
    over = f"{review['title']} ({review['kind']}) is over"
    look = f"`groundswell launches review {review['id']}` shows every theme"
    # The hours of several themes are counted together, so that there can be more of them than the launch has.
    for name, unit, figures in (
        ("its planned themes", "theme-hour", review["planned_themes"]),
        ("all tickets", "hour", review["all_tickets"]),
    ):
        if figures is not None and figures["plan"]:
            return (
                f"{over}: {name} had {figures['actual']:,} tickets where {figures['plan']:,.0f} were expected "
                f"({figures['error']:+.0%}), with {counted(figures['hours_above'], unit)} above the envelope and "
                f"{figures['hours_below']:,} below it; {look}"
            )
    return f"{over}, and nothing was planned for it; {look}"


def as_markdown(review: Mapping[str, Any]) -> str:
    """Write the review as a Markdown page: the headline, then each theme with plan and actual."""
    rows = [
        f"| {row['theme_id']} | {escape_markdown(row['name'])} | {_tickets(row['plan'])} | {row['actual']:,} "
        f"| {'' if row['error'] is None else format(row['error'], '+.0%')} |"
        for row in review["themes"]
    ]
    table = ["| theme | name | plan | actual | error |", "| ---: | --- | ---: | ---: | ---: |", *rows] if rows else []
    lines = [f"# {escape_markdown(review['title'])}", "", escape_markdown(headline(review)), "", *table]
    return "\n".join(lines).rstrip() + "\n"


def _is_due(review: StoredReview, at: datetime, catch_up: timedelta) -> bool:
    return review.until >= review.end + AFTERWARDS and review.end + AFTERWARDS + catch_up >= at


def _review(connection: Connection, stored: StoredReview, settings: SpikeSettings) -> dict[str, Any] | None:
    """Return the review, or None where the launch is gone or its plan moved since it was looked back at."""
    try:
        review = review_launch(connection, stored.past.launch_id, settings)
    except LaunchUnknown:
        return None
    window = (datetime.fromisoformat(review["start"]), datetime.fromisoformat(review["end"]))
    return review if window == (stored.start, stored.end) else None


def _enqueue(connection: Connection, review: Mapping[str, Any], audience: str) -> bool:
    window = {"start": review["start"], "end": review["end"]}
    return enqueue(
        connection,
        key=f"review:{review['id']}:{audience}:{review['start']}:{review['end']}",
        kind="review",
        audience=audience,
        payload={**window, "launch_id": review["id"], "reason": headline(review)},
    )


def _tickets(plan: float | None) -> str:
    return "" if plan is None else f"{plan:,.0f}"
