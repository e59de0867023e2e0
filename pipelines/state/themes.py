"""Themes in the miner's state: a record for each row, and the theme in which a merged one survives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from models.bucket import bucket_of
from models.language.names import language_name
from models.spikes import ThemeFacts
from models.theme import ALL_TICKETS, KnownIssue, ThemeState, ThemeStatus
from models.times import parse_rfc3339

UNNAMED = "unnamed"

VOLUMES = ("usual_per_day", "before_per_day")
"""Figures of a flag that are tickets a day: those of several themes add up."""


@dataclass(kw_only=True)
class ThemeRecord:
    """A theme: what its row holds.

    Parameters
    ----------
    size: counted tickets. named_size: its size when it was last named; 0 asks for a name. moved: tickets that joined or left it
    since then in another way than by arrival: by moves, merges and splits.
    born_epoch: number of the epoch that discovered it.
    language: that of its tickets where the embedding model does not read it. several_problems: whether they have only that in common.
    merged_into: the theme that it was merged into; None where it was not.
    known_issue: the flag of a specialist as it is stored, None without one.
    disposition: what a person made of it, as it is stored: archived until it escalates, or resolved; None without.
    owner: the audience that owns it, or whom a person assigned. name_pinned, owner_pinned: whether a person chose the name, the owner.
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
    language: str | None = None
    several_problems: bool = False
    named_size: int = 0
    moved: int = 0
    merged_into: int | None = None
    known_issue: Mapping[str, Any] | None = None
    disposition: Mapping[str, Any] | None = None
    owner: str | None = None
    name_pinned: bool = False
    owner_pinned: bool = False
    noted_status: ThemeStatus | None = field(default=None, compare=False)
    """The status that the record of its transitions ends with; None for a theme that is born in this epoch."""
    cause: tuple[str, str | None] | None = field(default=None, compare=False)
    """Why its status changes in this epoch, and who decided it; None where the volume says so."""

    @classmethod
    def of_row(cls, row: Any) -> Self:
        """Read a row of the table of themes."""
        return cls(
            theme_id=row.id, name=row.name, keywords=tuple(row.keywords), state=ThemeState(row.state),
            status=ThemeStatus(row.status), size=row.size, first_seen=row.first_seen, last_seen=row.last_seen,
            born_epoch=row.born_epoch, language=row.language, several_problems=row.several_problems,
            named_size=row.named_size, merged_into=row.merged_into, known_issue=row.known_issue,
            disposition=row.disposition, owner=row.owner, name_pinned=row.name_pinned, owner_pinned=row.owner_pinned,
            noted_status=ThemeStatus(row.status),
        )  # fmt: skip

    def as_row(self) -> dict[str, Any]:
        """Write the row of the table of themes."""
        return {
            "id": self.theme_id, "name": self.name, "keywords": list(self.keywords), "state": self.state.value,
            "status": self.status.value, "size": self.size, "first_seen": self.first_seen, "last_seen": self.last_seen,
            "born_epoch": self.born_epoch, "language": self.language,
            "several_problems": self.several_problems, "named_size": self.named_size, "merged_into": self.merged_into,
            "known_issue": self.known_issue, "disposition": self.disposition, "owner": self.owner, "name_pinned": self.name_pinned,
            "owner_pinned": self.owner_pinned,
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
        """The flag of a specialist."""
        return None if self.known_issue is None else KnownIssue.of(self.known_issue)

    @property
    def handling(self) -> KnownIssue | None:
        """What gates have to respect: the flag of a specialist, or that a person archived or resolved the theme."""
        if self.known_issue is not None or self.disposition is None:
            return self.issue
        return KnownIssue.of_disposition(self.disposition)

    @property
    def flag_in_force(self) -> Mapping[str, Any] | None:
        """The flag while detection has to respect it: not once the issue is resolved, until it regresses."""
        return None if self.issue is not None and self.issue.resolved else self.known_issue

    @property
    def facts(self) -> ThemeFacts | None:
        """What the baseline needs to know; None before the first counted ticket, and once it takes none any more."""
        if not self.live or self.first_seen is None:
            return None
        return _facts(self.first_seen, (self.flag_in_force or {}).get("since"))

    def add_ticket(self, time: datetime) -> None:
        """Count one more ticket."""
        self.size += 1
        self.first_seen = time if self.first_seen is None else min(self.first_seen, time)
        self.last_seen = time if self.last_seen is None else max(self.last_seen, time)

    def take_over(self, merged: ThemeRecord) -> None:
        """Keep what people said about a theme that is merged into this one, where nobody said it about this one.

        Of two themes of one known issue the volumes are added up. That the merged theme was archived or resolved holds for this one
        only where most tickets are from there.
        """
        if self.known_issue is None:
            self.known_issue = merged.known_issue
            self.cause = self.cause or (None if merged.known_issue is None else (_taken_over(merged), None))
        elif merged.known_issue is not None and _issue_id(self) is not None and _issue_id(self) == _issue_id(merged):
            self.known_issue = {**self.known_issue, **_added(self.known_issue, merged.known_issue)}
        if self.disposition is None and self.known_issue is None and merged.size > self.size:
            self.disposition = merged.disposition
        if merged.name_pinned and not self.name_pinned:
            self.name, self.name_pinned = merged.name, True
        if merged.owner_pinned and not self.owner_pinned:
            self.owner, self.owner_pinned = merged.owner, True

    def end_split(self) -> None:
        """End as split: all tickets have gone to themes that were split off this one."""
        self.state, self.status, self.moved = ThemeState.SPLIT, ThemeStatus.ARCHIVED, 0

    def revive(self) -> None:
        """Take tickets again, after the theme was dormant or had ended as split."""
        self.state, self.status = ThemeState.LIVE, self.status_said or ThemeStatus.ONGOING

    @property
    def status_said(self) -> ThemeStatus | None:
        """The status that the known issue gives the theme, or that a person gave it; None without either."""
        issue = self.issue
        if issue is not None:
            if issue.regressed:
                return ThemeStatus.REGRESSED
            return ThemeStatus.RESOLVED if issue.resolved else ThemeStatus.KNOWN
        if self.disposition is None:
            return None
        return ThemeStatus.REGRESSED if self.disposition.get("regressed_at") else ThemeStatus(self.disposition["as"])

    def end_in(self, into: int) -> None:
        """End as merged into another theme, which has all tickets from now on."""
        self.state, self.status, self.merged_into = ThemeState.MERGED, ThemeStatus.ARCHIVED, into
        self.size = self.moved = 0
        self.first_seen = self.last_seen = None


class ThemeRecords:
    """All themes by id, merged ones included, in the order in which they were born."""

    def __init__(self, records: Iterable[ThemeRecord] = ()) -> None:
        self._records = {one.theme_id: one for one in records}
        self.members: dict[tuple[int, int], datetime | None] | None = None
        """The themes that known issues are stored to have: by (issue, theme), since when; None before they were read."""

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

    def flagged(self) -> dict[int, list[ThemeRecord]]:
        """Return the live themes of each known issue, by its number, and each theme whose flag has none, under its negative id."""
        found: dict[int, list[ThemeRecord]] = {}
        flagged = (one for one in self if one.known_issue is not None and one.live)
        for record in sorted(flagged, key=lambda one: one.theme_id):
            found.setdefault(_issue_id(record) or -record.theme_id, []).append(record)
        return found

    def of_issue(self, issue_id: int) -> list[ThemeRecord]:
        """Return the live themes of a known issue, in the order of their ids."""
        found = [one for one in self if one.live and _issue_id(one) == issue_id]
        return sorted(found, key=lambda one: one.theme_id)

    def handling_of(self, record: ThemeRecord) -> tuple[KnownIssue | None, list[ThemeRecord]]:
        """Return what gates have to respect for a theme, over all themes of its known issue, and these other themes."""
        issue_id = _issue_id(record)
        if issue_id is None or not record.live:
            return record.handling, []
        members = self.of_issue(issue_id)
        return together(members), [one for one in members if one is not record]

    def survivor(self, theme_id: int) -> int:
        """Return the theme that has a theme's tickets, after all merges."""
        while (record := self._records.get(theme_id)) is not None and record.merged_into is not None:
            theme_id = record.merged_into
        return theme_id

    def name_of(self, theme_id: int) -> str:
        """Return a theme's name as alerts write it."""
        record = None if theme_id == ALL_TICKETS else self._records.get(theme_id)
        return record.name if record else "All tickets"

    def moved(self) -> dict[str, int]:
        """Write the tickets that joined or left themes since these were named, for the miner's own row."""
        return {str(one.theme_id): one.moved for one in self.by_id() if one.moved}

    def set_moved(self, moved: Mapping[str, int]) -> None:
        """Restore what `moved` wrote."""
        for theme, tickets in moved.items():
            if int(theme) in self._records:
                self._records[int(theme)].moved = tickets

    def only_language(self, theme_id: int) -> str | None:
        """Return the name of the language that is all that a theme's tickets have in common; None for a theme of one problem."""
        record = self._records.get(theme_id)
        if record is None or not record.several_problems:
            return None
        return language_name(record.language or "")

    def facts(self) -> dict[int, ThemeFacts]:
        """Return what the baseline needs to know about each live theme."""
        # By hand for themes without a flag, since each epoch asks for the facts of all.
        found: dict[int, ThemeFacts] = {}
        for record in self:
            if record.known_issue is not None:
                facts = record.facts
            elif record.first_seen is None or not record.live:
                facts = None
            else:
                facts = _facts(record.first_seen, None)
            if facts is not None:
                found[record.theme_id] = facts
        return found

    def dormant(self) -> dict[int, datetime | None]:
        """Return the dormant themes, each with the time of its last ticket."""
        return {one.theme_id: one.last_seen for one in self if one.state is ThemeState.DORMANT}


@lru_cache(maxsize=10_000)
def _facts(first_seen: datetime, known_issue_since: str | None) -> ThemeFacts:
    since = bucket_of(parse_rfc3339(known_issue_since)) if known_issue_since else None
    return ThemeFacts(bucket_of(first_seen), since)


def together(members: Sequence[ThemeRecord]) -> KnownIssue:
    """Return the flag of a known issue over all of its themes, of which there is at least one: their volumes are added up."""
    flags = [KnownIssue.of(one.known_issue) for one in members if one.known_issue is not None]
    usual = [one.usual_per_day for one in flags if one.usual_per_day is not None]
    before = sum(one.before_per_day for one in flags)
    return replace(flags[0], usual_per_day=sum(usual) if usual else None, before_per_day=before)


def _issue_id(record: ThemeRecord) -> int | None:
    return None if record.known_issue is None else record.known_issue.get("issue")


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    names = [name for name in VOLUMES if one.get(name) is not None or other.get(name) is not None]
    return {name: (one.get(name) or 0.0) + (other.get(name) or 0.0) for name in names}


def _taken_over(merged: ThemeRecord) -> str:
    return f"theme {merged.theme_id}, which is a known issue, was merged into it"
