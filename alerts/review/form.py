"""A business review as it is stored: its pages and facts."""

from __future__ import annotations

from alerts.digest.language import ReaderDates
from alerts.digest.links import DigestLinks
from alerts.digest.title import window_title
from alerts.review.html import review_html
from alerts.review.markdown import review_markdown
from alerts.review.records import BusinessReview, review_facts
from store.digests import DigestKind, StoredDigest


def stored_review(review: BusinessReview, language: str = "en", links: DigestLinks | None = None) -> StoredDigest:
    """Return a review as it is stored with the digests. language: of its dates, which are those of UTC."""
    dates = ReaderDates("UTC", language)
    week = window_title(review.window, dates, DigestKind.WEEKLY)
    title = f"Business review, {week[0].lower()}{week[1:]}" if week.startswith("Week") else f"Business review, {week}"
    return StoredDigest(
        review.audience, review.window, review_markdown(review, title, dates), review_html(review, title, dates, links),
        DigestKind.REVIEW, review_facts(review, title),
    )  # fmt: skip
