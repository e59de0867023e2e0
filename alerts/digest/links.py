"""Links of a digest: to the pages of the console, and to feedback on an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from alerts.digest.records import DigestItem

ItemLinks: TypeAlias = Callable[[DigestItem], Mapping[str, str]]
"""Returns links of an item, by their text: such as `Useful` with the address that records it."""


@dataclass(frozen=True, slots=True)
class DigestLinks:
    """Where a digest links to; `console` is the address of the console, without which there are no links to it."""

    console: str | None = None
    of_item: ItemLinks | None = None

    def board(self) -> str | None:
        """Return the address of the board."""
        return self._page("")

    def theme(self, theme_id: int) -> str | None:
        """Return the address of a theme's page; the board for all tickets together."""
        return self._page(f"themes/{theme_id}" if theme_id else "")

    def launch(self, launch_id: str) -> str | None:
        """Return the address of a launch's monitor."""
        return self._page(f"launches/{quote(launch_id, safe='')}")

    def further(self, item: DigestItem) -> Mapping[str, str]:
        """Return the links of an item to its procedures and to feedback, by their text; none that would lead nowhere."""
        pages = {
            f"Procedure {one.slug}": self._page(f"procedures/{quote(one.slug, safe='')}") for one in item.procedures
        }
        return {**{text: page for text, page in pages.items() if page is not None}, **self.feedback(item)}

    def feedback(self, item: DigestItem) -> Mapping[str, str]:
        """Return the feedback links of an item, none where nothing makes them."""
        return {} if self.of_item is None else self.of_item(item)

    def _page(self, path: str) -> str | None:
        return None if not self.console else f"{self.console.rstrip('/')}/{path}"
