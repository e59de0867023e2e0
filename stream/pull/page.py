"""Pages: what one request brought, and where reading goes on once it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class PulledPage:
    """Payloads for the system's connector, and the cursor to store in the transaction that stores what came of them."""

    payloads: Sequence[Mapping[str, Any]]
    cursor: str


class PulledSystem(Protocol):
    """A live API."""

    @property
    def system(self) -> str:
        """Name of the system."""

    @property
    def site(self) -> str:
        """Address that the cursor belongs to."""

    def pages(self, cursor: str | None, since: datetime) -> Iterator[PulledPage]:
        """Yield pages from the cursor, or from `since` where there is none, until nothing newer is there. Raises `PullError`.

        A page may repeat what an earlier one brought.
        """
