"""Publishing business reviews: for each audience one a week, stored and sent in addition to its digests."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, Engine

from alerts.digest.title import DAY, local_week
from alerts.ownership import Audience, Ownership
from alerts.publishing import DigestOrder, PublishedDigest, links_of, publish_stored
from alerts.review.form import stored_review
from alerts.settings import AlertSettings
from pipelines.business_review.audience import review_scope
from pipelines.business_review.build import ReviewRules, build_review
from store.database import reading
from store.digests import DigestKind, DigestWindow, StoredDigest, load_digest
from store.promises import read_handled_until

WEEK = 7 * DAY


def week_before(at: datetime) -> DigestWindow:
    """Return the last week of whole days in UTC, from Monday (ISO 8601), that is over at a time."""
    return local_week(at - WEEK, "UTC")


def review_week(day: date | None, known: datetime) -> DigestWindow:
    """Return the week of whole days in UTC that a day is in, or the last one that is over at a time."""
    return week_before(known) if day is None else local_week(datetime.combine(day, time(), UTC), "UTC")


def build_reviews(
    connection: Connection,
    ownership: Ownership,
    window: DigestWindow,
    rules: ReviewRules,
    settings: AlertSettings,
    order: DigestOrder,
) -> list[StoredDigest]:
    """Build the reviews of a week, of all audiences or those of the order, without publishing any.

    An audience whose tickets figures cannot be kept to gets none, and neither does one without a ticket in the week.
    """
    return [
        made
        for one in _audiences(ownership, order)
        if (made := _built(connection, one, window, rules, settings)) is not None
    ]


def why_no_review(connection: Connection, ownership: Ownership, window: DigestWindow, order: DigestOrder) -> str:
    """Say in one sentence why `build_reviews` gives none to any audience of the order."""
    asked = _audiences(ownership, order)
    if all(review_scope(one) is None for one in asked):
        return (
            f"there is no review for {', '.join(one.name for one in asked)}, since figures cannot be kept to such tickets; it has one "
            "where its match has no themes, and one value at most of each dimension that is not business_line, region or vendor"
        )
    known = read_handled_until(connection)
    if known is None:
        return "there is no review, since no ticket is mined; `groundswell ingest FILE` first"
    days = f"{window.start:%Y-%m-%d} to {window.end - DAY:%Y-%m-%d}"
    if known <= window.start:
        return f"there is no review of {days}, since tickets are known until {known:%Y-%m-%d} only; name an earlier week by --day"
    names = ", ".join(one.name for one in asked if review_scope(one) is not None)
    return f"there is no review of {days}, since no ticket of {names} is known of this week; name another one by --day"


def publish_reviews(
    engine: Engine,
    ownership: Ownership,
    window: DigestWindow,
    settings: AlertSettings,
    rules: ReviewRules,
    order: DigestOrder,
) -> list[PublishedDigest]:
    """Publish the review of a week to each audience once; what was published stays, unless the order is to build it again."""
    published = []
    for audience in _audiences(ownership, order):
        with reading(engine) as connection:
            known = load_digest(connection, audience.name, window, DigestKind.REVIEW)
            made = known if known and not order.rebuild else _built(connection, audience, window, rules, settings)
        if made is not None:
            reason = str((made.facts or {}).get("summary", [""])[0])
            published.append(publish_stored(engine, made, settings.digest_folder, reason, order))
    return published


def _audiences(ownership: Ownership, order: DigestOrder) -> list[Audience]:
    return [one for one in ownership.audiences if order.audiences is None or one.name in order.audiences]


def _built(
    connection: Connection, audience: Audience, window: DigestWindow, rules: ReviewRules, settings: AlertSettings
) -> StoredDigest | None:
    review = build_review(connection, audience, window, rules)
    if review is None or review.is_empty:
        return None
    return stored_review(review, audience.language, links_of(settings))
