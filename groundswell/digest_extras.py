"""What a digest is completed with from outside: the narrator, and the links of feedback, where they are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.digest.links import ItemLinks
    from alerts.digest.records import DigestItem
    from alerts.publishing import DigestOrder
    from groundswell.settings import Settings
    from models.clock import Clock

_SHOWN = {"useful": "Useful", "not_useful": "Not useful", "wrong_team": "Wrong team"}


@contextmanager
def completed(order: DigestOrder, settings: Settings, clock: Clock) -> Iterator[DigestOrder]:
    """Add what the settings name to an order, for as long as the block runs."""
    order = replace(order, item_links=item_links(settings, clock))
    narrator = settings.digest.narrator
    if narrator.url is None:
        yield order
        return
    from alerts.narrator import EndpointNarrator, open_endpoint

    with open_endpoint(narrator) as endpoint:
        yield replace(order, narrator=EndpointNarrator(endpoint, narrator.longest))


def item_links(settings: Settings, clock: Clock) -> ItemLinks | None:
    """Return what makes the feedback links of an item; None where no address of the console is set."""
    from alerts.feedback import FeedbackItem
    from groundswell.feedback import feedback_links

    made = feedback_links(settings, clock)
    if made is None:
        return None

    def links(item: DigestItem) -> Mapping[str, str]:
        about = FeedbackItem(
            subject=item.subject, audience=item.audience, rule=item.labels[0] if item.labels else "item",
            theme_id=item.theme_id or None,
        )  # fmt: skip
        return {_SHOWN[verdict.value]: address for verdict, address in made.links(about).items()}

    return links
