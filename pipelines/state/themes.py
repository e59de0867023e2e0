"""Themes in the miner's state: a record for each row, and the theme in which a merged one survives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from models.bucket import bucket_of
from models.spikes import ALL_TICKETS, ThemeFacts
from models.theme import KnownIssue, ThemeState, ThemeStatus
from models.times import parse_rfc3339

UNNAMED = "unnamed"


@dataclass(kw_only=True)
class ThemeRecord:
    """A theme: what its row holds.

    Parameters
    ----------
    size: counted tickets. named_size: its size when it was last named; 0 asks for a name.
    born_epoch: number of the epoch that discovered it.
    merged_into: the theme that it was merged into; None where it was not.
    known_issue: the flag of a specialist as it is stored, None without one.
    owner: the audience that owns it. name_pinned: whether a person chose the name.
    """

    theme_id: int
    name: str = UNNAMED
    keywords: tuple[str, ...] = ()
    state: ThemeState = ThemeState.LIVE
    status: ThemeStatus = ThemeStatus.NEW
    size: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    born_epoch: int = 0
    named_size: int = 0
    merged_into: int | None = None
    known_issue: Mapping[str, Any] | None = None
    owner: str | None = None
    name_pinned: bool = False

    @classmethod
    def of_row(cls, row: Any) -> Self:
        """Read a row of the table of themes."""
        return cls(
            theme_id=row.id, name=row.name, keywords=tuple(row.keywords), state=ThemeState(row.state),
            status=ThemeStatus(row.status), size=row.size, first_seen=row.first_seen, last_seen=row.last_seen,
            born_epoch=row.born_epoch, named_size=row.named_size, merged_into=row.merged_into, known_issue=row.known_issue,
            owner=row.owner, name_pinned=row.name_pinned,
        )  # fmt: skip

    def as_row(self) -> dict[str, Any]:
        """Write the row of the table of themes."""
        return {
            "id": self.theme_id, "name": self.name, "keywords": list(self.keywords), "state": self.state.value,
            "status": self.status.value, "size": self.size, "first_seen": self.first_seen, "last_seen": self.last_seen,
            "born_epoch": self.born_epoch, "named_size": self.named_size, "merged_into": self.merged_into,
            "known_issue": self.known_issue, "owner": self.owner, "name_pinned": self.name_pinned,
        }  # fmt: skip

    @property
    def live(self) -> bool:
        """Whether it takes tickets."""
        return self.state in (ThemeState.LIVE, ThemeState.DORMANT)

    @property
    def named(self) -> bool:
        """Whether it has a name of its own."""
        return self.name != UNNAMED

    @property
    def issue(self) -> KnownIssue | None:
        """The flag of a specialist, as gates read it."""
        return None if self.known_issue is None else KnownIssue.of(self.known_issue)

    @property
    def flag_in_force(self) -> Mapping[str, Any] | None:
        """The flag while detection has to respect it: not once the issue is resolved, until it regresses."""
        return None if self.issue is not None and self.issue.resolved else self.known_issue

    @property
    def facts(self) -> ThemeFacts | None:
        """What the baseline needs to know; None before the first counted ticket, and once it takes none any more."""
        if not self.live or self.first_seen is None:
            return None
        since = (self.flag_in_force or {}).get("since")
        return ThemeFacts(bucket_of(self.first_seen), bucket_of(parse_rfc3339(since)) if since else None)

    def add_ticket(self, time: datetime) -> None:
        """Count one more ticket."""
        self.size += 1
        self.first_seen = time if self.first_seen is None else min(self.first_seen, time)
        self.last_seen = time if self.last_seen is None else max(self.last_seen, time)

    def take_over(self, merged: ThemeRecord) -> None:
        """Keep what people said about a theme that is merged into this one, where nobody said it about this one."""
        if self.known_issue is None:
            self.known_issue = merged.known_issue
        if merged.name_pinned and not self.name_pinned:
            self.name, self.name_pinned = merged.name, True

    def end_split(self) -> None:
        """End as split: all tickets have gone to themes that were split off this one."""
        self.state, self.status = ThemeState.SPLIT, ThemeStatus.ARCHIVED

    def revive(self) -> None:
        """Take tickets again, after the theme was dormant or had ended as split."""
        self.state, self.status = ThemeState.LIVE, self.status_by_flag or ThemeStatus.ONGOING

    @property
    def status_by_flag(self) -> ThemeStatus | None:
        """The status that the known issue gives the theme; None without a known issue."""
        issue = self.issue
        if issue is None:
            return None
        if issue.regressed:
            return ThemeStatus.REGRESSED
        return ThemeStatus.RESOLVED if issue.resolved else ThemeStatus.KNOWN

    def end_in(self, into: int) -> None:
        """End as merged into another theme, which has all tickets from now on."""
        self.state, self.status, self.merged_into, self.size = ThemeState.MERGED, ThemeStatus.ARCHIVED, into, 0
        self.first_seen = self.last_seen = None


class ThemeRecords:
    """All themes by id, merged ones included, in the order in which they were born."""

    def __init__(self, records: Iterable[ThemeRecord] = ()) -> None:
        self._records = {one.theme_id: one for one in records}

    def __getitem__(self, theme_id: int) -> ThemeRecord:
        return self._records[theme_id]

    def __contains__(self, theme_id: object) -> bool:
        return theme_id in self._records

    def __iter__(self) -> Iterator[ThemeRecord]:
        return iter(self._records.values())

    def get(self, theme_id: int) -> ThemeRecord | None:
        """Return a theme's record; None for all tickets and for an unknown theme."""
        return self._records.get(theme_id)

    def add(self, record: ThemeRecord) -> None:
        """Add a theme that was just born."""
        self._records[record.theme_id] = record

    def by_id(self) -> list[ThemeRecord]:
        """List the themes in the order of their ids."""
        return [record for _, record in sorted(self._records.items())]

    def live(self) -> Iterator[ThemeRecord]:
        """Iterate over the themes that take tickets."""
        return (record for record in self if record.live)

    def survivor(self, theme_id: int) -> int:
        """Return the theme that has a theme's tickets, after all merges."""
        while (record := self._records.get(theme_id)) is not None and record.merged_into is not None:
            theme_id = record.merged_into
        return theme_id

    def name_of(self, theme_id: int) -> str:
        """Return a theme's name as alerts write it."""
        record = None if theme_id == ALL_TICKETS else self._records.get(theme_id)
        return record.name if record else "All tickets"

    def facts(self) -> dict[int, ThemeFacts]:
        """Return what the baseline needs to know about each live theme."""
        known = ((record.theme_id, record.facts) for record in self)
        return {theme: facts for theme, facts in known if facts is not None}

    def dormant(self) -> dict[int, datetime | None]:
        """Return the dormant themes, each with the time of its last ticket."""
        return {one.theme_id: one.last_seen for one in self if one.state is ThemeState.DORMANT}
