"""Issues: what people write about, read from the packaged TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

FILES = ("checkout", "refunds", "merchants", "live", "creators")


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason for writing to support, with templates for many wordings.

    `weight` is its share of the usual volume relative to the others, 0 for what nobody has reported before.
    `titles` to `wants` are templates of one sentence or phrase each; `other` contains sentences in further
    languages. Empty `regions`, `payment_methods` and `platforms` mean any.
    """

    name: str
    business_line: str
    user_type: str
    products: tuple[str, ...]
    weight: float
    titles: tuple[str, ...]
    says: tuple[str, ...]
    details: tuple[str, ...]
    terse: tuple[str, ...]
    notes: tuple[str, ...]
    wants: tuple[str, ...]
    other: Mapping[str, tuple[str, ...]]
    regions: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()

    def templates(self) -> Iterator[str]:
        """Yield every template of the issue, in all languages."""
        for texts in (
            self.titles,
            self.says,
            self.details,
            self.terse,
            self.notes,
            self.wants,
            *self.other.values(),
        ):
            yield from texts


def load_issues() -> tuple[Issue, ...]:
    """Read all issues, in the order of the files."""
    return tuple(_issue(table) for name in FILES for table in _read(name)["issue"])


def load_other() -> Mapping[str, tuple[str, ...]]:
    """Read the templates that belong to no issue: `other` (not about payments) and `spam`."""
    return {kind: tuple(texts) for kind, texts in _read("other").items()}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("issues", f"{name}.toml").read_text("utf-8"))


def _issue(table: Mapping[str, Any]) -> Issue:
    known: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    other = {language: tuple(texts) for language, texts in known.pop("other", {}).items()}
    return Issue(name=known.pop("id"), other=other, **known)
