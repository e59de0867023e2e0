"""Ownership: which audience a theme belongs to, read from an ordered TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.errors import OwnershipInvalid
from models.event import DIMENSIONS
from models.segment import Segment

EVERYONE = "everyone"
"""The audience of all that nobody owns."""

BROADCAST = "@machines"
"""The audience of machines, under a name that no ownership file can give: its rows go to Kafka, where there is one."""

CHANNELS = ("file",)
"""Channels that this version can send to."""

MAJORITY = 0.5
"""Share of a theme's tickets that an audience's `match` must hold for: a team owns what is mostly its own."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEYS = ("name", "match", "channels", "timezone", "quiet_hours", "false_alerts_per_week")

_MOST_FALSE_ALERTS = 100.0
"""As of the general setting: beyond it tests are too lenient to mean anything."""


@dataclass(frozen=True, slots=True)
class Match:
    """What an audience owns: tickets whose every named dimension has one of its values, or the named themes.

    `themes` holds ids and name patterns (`*`, `?`, `[...]`, case does not count). Where both are given,
    either suffices.
    """

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    themes: tuple[int | str, ...] = ()

    def holds(self, attributes: Mapping[str, str | None]) -> bool:
        """Return whether a ticket with these attributes is owned; never by a match that names no dimension."""
        return bool(self.values) and all(attributes.get(name) in allowed for name, allowed in self.values.items())

    def names(self, theme_id: int, name: str) -> bool:
        """Return whether the theme is named, by its id or by a pattern of its name."""
        return any(
            wanted == theme_id if isinstance(wanted, int) else fnmatchcase(name.casefold(), wanted.casefold())
            for wanted in self.themes
        )

    def touches(self, scope: Segment) -> bool:
        """Return whether a launch's scope concerns this audience: they share a dimension and differ in none."""
        shared = [(value, self.values[name]) for name, value in scope.pairs if name in self.values]
        return bool(shared) and all(value in allowed for value, allowed in shared)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nothing is sent; an `end` before the `start` means the next morning."""

    start: time
    end: time

    def cover(self, local: time) -> bool:
        """Return whether a local time of day is in them; the start does, the end does not."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class Audience:
    """People who are notified of the same themes, and how.

    `false_alerts_per_week` is how many false spike alerts they accept, None for as many as the general setting says.
    """

    name: str
    match: Match = field(default_factory=Match)
    channels: tuple[str, ...] = CHANNELS
    timezone: str = "UTC"
    quiet_hours: QuietHours | None = None
    false_alerts_per_week: float | None = None

    def quiet_at(self, now: datetime) -> bool:
        """Return whether nothing may be sent to them at `now` (timezone-aware)."""
        return self.quiet_hours is not None and self.quiet_hours.cover(now.astimezone(ZoneInfo(self.timezone)).time())


@dataclass(frozen=True, slots=True)
class Ownership:
    """The audiences in their order; `everyone` is always the last."""

    audiences: tuple[Audience, ...] = (Audience(EVERYONE),)

    @property
    def most_accepted(self) -> float | None:
        """The most false alerts a week that an audience asks for itself; None where none does."""
        asked = [one.false_alerts_per_week for one in self.audiences if one.false_alerts_per_week is not None]
        return max(asked, default=None)

    def audience(self, name: str) -> Audience:
        """Return the audience of that name; `everyone` for a name that the file no longer has."""
        if name == BROADCAST:
            return Audience(BROADCAST, channels=("kafka",))
        return next((audience for audience in self.audiences if audience.name == name), self.audiences[-1])

    def audience_of(self, mix: Mapping[Segment, int], theme_id: int = 0, name: str = "") -> Audience:
        """Find who owns a theme.

        Parameters
        ----------
        mix
            The theme's tickets by their attributes: each ticket's full segment, with how many tickets have it
            (`Counter(Segment.of(attributes) for ...)`). For a spike in a segment pass the spike's tickets.
        theme_id, name
            Of the theme; id 0 means all tickets, which belong to `everyone` unless one team owns most of
            them.

        Returns
        -------
        The first audience in the file's order that names the theme, or whose `match` holds for at least half
        of the tickets; else `everyone`. The share is taken over tickets and not dimension by dimension, so
        that a match on two dimensions means tickets that have both.
        """
        total = sum(mix.values())
        for audience in self.audiences[:-1]:
            if theme_id and audience.match.names(theme_id, name):
                return audience
            owned = sum(tickets for segment, tickets in mix.items() if audience.match.holds(segment.as_dict()))
            if total and owned >= MAJORITY * total:
                return audience
        return self.audiences[-1]

    def quiet_at(self, now: datetime) -> frozenset[str]:
        """List the audiences that nothing may be sent to at `now`, by name."""
        return frozenset(audience.name for audience in self.audiences if audience.quiet_at(now))


def read_ownership(
    path: Path | None, *, channels: Collection[str] = CHANNELS, dimensions: Collection[str] = DIMENSIONS
) -> Ownership:
    """Read the ownership file; without one there is only `everyone`.

    Raises `OwnershipInvalid`, which names the audience and the key at fault.
    """
    if path is None:
        return Ownership()
    reader = _Reader(path, tuple(channels), tuple(dimensions))
    audiences = reader.audiences()
    owners = [audience for audience in audiences if audience.name != EVERYONE]
    rest = [audience for audience in audiences if audience.name == EVERYONE] or [Audience(EVERYONE)]
    return Ownership((*owners, *rest))


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    channels: tuple[str, ...]
    dimensions: tuple[str, ...]

    def audiences(self) -> list[Audience]:
        table = self._table()
        if unknown := sorted(table.keys() - {"audience"}):
            raise self._error("top level", f"received the key {unknown[0]!r}; valid is only [[audience]]")
        rows = table.get("audience", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._error("audience", "received a single table; write each audience under [[audience]], in order")
        audiences: list[Audience] = []
        for number, row in enumerate(rows, start=1):
            audience = self._audience(row, f"audience {number}")
            if any(audience.name == other.name for other in audiences):
                raise self._error(f"audience {audience.name!r}", "the name is used twice; give each audience its own")
            audiences.append(audience)
        return audiences

    def _table(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise self._error("file", f"it cannot be read ({error.strerror}); check alerts.ownership") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise self._error("file", f"it is not TOML ({error}); see the shipped ownership.example.toml") from error

    def _audience(self, row: dict[str, Any], where: str) -> Audience:
        name = row.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise self._error(
                where,
                f"name: received {name!r}; valid are up to 63 lower-case letters, digits and dashes",
            )
        where = f"audience {name!r}"
        if unknown := sorted(row.keys() - set(_KEYS)):
            raise self._error(where, f"received the key {unknown[0]!r}; valid are {', '.join(_KEYS)}")
        return Audience(
            name=name,
            match=self._match(row.get("match"), name, where),
            channels=self._channels(row.get("channels", list(self.channels[:1])), where),
            timezone=self._timezone(row.get("timezone", "UTC"), where),
            quiet_hours=self._quiet_hours(row.get("quiet_hours"), where),
            false_alerts_per_week=self._false_alerts(row.get("false_alerts_per_week"), where),
        )

    def _false_alerts(self, asked: Any, where: str) -> float | None:
        if asked is None:
            return None
        if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 < asked <= _MOST_FALSE_ALERTS:
            raise self._error(
                where,
                f"false_alerts_per_week: received {asked!r}; valid is a number above 0, up to {_MOST_FALSE_ALERTS:g}",
            )
        return float(asked)

    def _match(self, match: Any, name: str, where: str) -> Match:
        if name == EVERYONE:
            if match is not None:
                raise self._error(where, "match: everyone gets what nobody owns; take its match out")
            return Match()
        if not isinstance(match, dict) or not match:
            raise self._error(where, 'match: it owns nothing; name dimensions or themes, such as { product = "coins" }')
        values = {key: self._values(key, value, where) for key, value in match.items() if key != "themes"}
        return Match(values, self._themes(match.get("themes", []), where))

    def _values(self, dimension: str, value: Any, where: str) -> frozenset[str]:
        if dimension not in self.dimensions:
            raise self._error(
                where,
                f"match: received the dimension {dimension!r}; valid are themes, {', '.join(self.dimensions)}",
            )
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str) and one for one in values):
            raise self._error(where, f"match.{dimension}: received {value!r}; valid is a text or a list of texts")
        return frozenset(values)

    def _themes(self, themes: Any, where: str) -> tuple[int | str, ...]:
        good = isinstance(themes, list) and all(
            isinstance(one, str | int) and not isinstance(one, bool) and one for one in themes
        )
        if not good:
            raise self._error(
                where, f"match.themes: received {themes!r}; valid is a list of theme ids and name patterns"
            )
        return tuple(themes)

    def _channels(self, channels: Any, where: str) -> tuple[str, ...]:
        if not isinstance(channels, list) or not channels:
            raise self._error(
                where, f"channels: received {channels!r}; valid is a list out of {', '.join(self.channels)}"
            )
        for channel in channels:
            if channel not in self.channels:
                raise self._error(
                    where, f"channels: undefined channel {channel!r}; valid are {', '.join(self.channels)}"
                )
        return tuple(dict.fromkeys(channels))

    def _timezone(self, timezone: Any, where: str) -> str:
        try:
            return ZoneInfo(timezone).key
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise self._error(
                where,
                f"timezone: received {timezone!r}; valid is an IANA name such as UTC or America/Sao_Paulo",
            ) from error

    def _quiet_hours(self, hours: Any, where: str) -> QuietHours | None:
        if hours is None:
            return None
        try:
            start, end = (time.fromisoformat(hour) for hour in hours)
        except (ValueError, TypeError) as error:
            raise self._error(
                where,
                f'quiet_hours: received {hours!r}; valid are two times of day, such as ["22:00", "07:00"]',
            ) from error
        if start == end or start.tzinfo or end.tzinfo:
            raise self._error(
                where,
                f"quiet_hours: received {hours!r}; valid are two different times without a zone",
            )
        return QuietHours(start, end)

    def _error(self, where: str, problem: str) -> OwnershipInvalid:
        return OwnershipInvalid(self.path, where, problem)
