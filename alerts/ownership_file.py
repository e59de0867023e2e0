"""The ownership file: an ordered TOML file of audiences, read and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.errors import OwnershipInvalid
from alerts.match import Match
from alerts.ownership import CHANNELS, EVERYONE, Audience, Ownership, QuietHours
from alerts.subscriptions import MAJORITY, Subscription
from models.alert import AlertKind
from models.event import MATCHED

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEYS = (
    "name", "match", "channels", "timezone", "language", "quiet_hours", "false_alerts_per_week", "subscription",
)  # fmt: skip
_SUBSCRIPTION_KEYS = ("match", "share", "launches", "everything", "kinds")

_MOST_FALSE_ALERTS = 100.0
"""As of the general setting: beyond it tests are too lenient to mean anything."""


def read_ownership(
    path: Path | None, *, channels: Collection[str] = CHANNELS, dimensions: Collection[str] = MATCHED
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
        subscriptions = self._subscriptions(row.get("subscription", []), where)
        return Audience(
            name=name,
            match=self._match(row.get("match"), name, where, needed=not subscriptions),
            channels=self._channels(row.get("channels", list(self.channels[:1])), where),
            timezone=self._timezone(row.get("timezone", "UTC"), where),
            quiet_hours=self._quiet_hours(row.get("quiet_hours"), where),
            false_alerts_per_week=self._false_alerts(row.get("false_alerts_per_week"), where),
            language=self._language(row.get("language", "en"), where),
            subscriptions=subscriptions,
        )

    def _subscriptions(self, rows: Any, where: str) -> tuple[Subscription, ...]:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._error(
                where, "subscription: received a single table; write each one under [[audience.subscription]]"
            )
        return tuple(
            self._subscription(row, f"{where}: subscription {number}") for number, row in enumerate(rows, start=1)
        )

    def _subscription(self, row: dict[str, Any], where: str) -> Subscription:
        if unknown := sorted(row.keys() - set(_SUBSCRIPTION_KEYS)):
            raise self._error(where, f"received the key {unknown[0]!r}; valid are {', '.join(_SUBSCRIPTION_KEYS)}")
        launches, everything = (self._switch(row, key, where) for key in ("launches", "everything"))
        if not (launches or everything or "match" in row):
            raise self._error(where, "it names nothing; give it match, launches = true or everything = true")
        match = self._match(row["match"], "", where, needed=True) if "match" in row else Match()
        return Subscription(
            match=match,
            share=self._share(row.get("share", MAJORITY), where),
            launches=launches,
            everything=everything,
            kinds=self._kinds(row.get("kinds", []), where),
        )

    def _switch(self, row: dict[str, Any], key: str, where: str) -> bool:
        value = row.get(key, False)
        if not isinstance(value, bool):
            raise self._error(where, f"{key}: received {value!r}; valid are true and false")
        return value

    def _share(self, share: Any, where: str) -> float:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise self._error(where, f"share: received {share!r}; valid is a number above 0, up to 1")
        return float(share)

    def _kinds(self, kinds: Any, where: str) -> frozenset[AlertKind]:
        valid = [kind.value for kind in AlertKind]
        if not isinstance(kinds, list) or not all(kind in valid for kind in kinds):
            raise self._error(where, f"kinds: received {kinds!r}; valid is a list out of {', '.join(valid)}")
        return frozenset(AlertKind(kind) for kind in kinds)

    def _language(self, language: Any, where: str) -> str:
        from babel import Locale, UnknownLocaleError

        try:
            return str(Locale.parse(language, sep="-" if "-" in language else "_"))
        except (UnknownLocaleError, ValueError, TypeError) as error:
            raise self._error(
                where, f"language: received {language!r}; valid is a language of CLDR such as en or pt_BR"
            ) from error

    def _false_alerts(self, asked: Any, where: str) -> float | None:
        if asked is None:
            return None
        if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 < asked <= _MOST_FALSE_ALERTS:
            raise self._error(
                where,
                f"false_alerts_per_week: received {asked!r}; valid is a number above 0, up to {_MOST_FALSE_ALERTS:g}",
            )
        return float(asked)

    def _match(self, match: Any, name: str, where: str, *, needed: bool) -> Match:
        if name == EVERYONE:
            if match is not None:
                raise self._error(where, "match: everyone gets what nobody owns; take its match out")
            return Match()
        if match is None and not needed:
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
