"""What a digest is completed with from outside: the narrator, and the links of feedback, where they are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.digest.links import ItemLinks
    from alerts.digest.records import DigestItem
    from alerts.feedback import FeedbackLinks
    from alerts.narrator import NarratorSettings
    from alerts.publishing import DigestOrder

_SHOWN = {"useful": "Useful", "not_useful": "Not useful", "wrong_team": "Wrong team"}


@contextmanager
def completed(order: DigestOrder, narrator: NarratorSettings, feedback: FeedbackLinks | None) -> Iterator[DigestOrder]:
    """Add to an order the narrator that is set, and what makes feedback links, for as long as the block runs."""
    order = replace(order, item_links=item_links(feedback))
    if narrator.url is None:
        yield order
        return
    from alerts.narrator import EndpointNarrator, open_endpoint

    with open_endpoint(narrator) as endpoint:
        yield replace(order, narrator=EndpointNarrator(endpoint, narrator.longest))


def item_links(made: FeedbackLinks | None) -> ItemLinks | None:
    """Return what makes the feedback links of an item; None where no address of the console is set."""
    if made is None:
        return None
    from alerts.feedback import FeedbackItem

    def links(item: DigestItem) -> Mapping[str, str]:
        about = FeedbackItem(
            subject=item.subject, audience=item.audience, rule=item.labels[0] if item.labels else "item",
            theme_id=item.theme_id or None,
        )  # fmt: skip
        return {_SHOWN[verdict.value]: address for verdict, address in made.links(about).items()}

    return links
