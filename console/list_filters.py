"""The filters of lists as an address asks for them, the same for a page and its route of the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from console.paging import Least, PageAsked, SearchText, ThemeAsked
from pipelines.past.explain import segment_of
from store.board.alerts import AlertQuery
from store.board.incidents import IncidentQuery
from store.board.known_issues import IssueQuery
from store.board.spike_list import SpikeQuery

SearchWords = Annotated[SearchText, AfterValidator(str.strip)]


class ListFilters(BaseModel):
    """What every list is asked for: a page of it. Other names in the address are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: PageAsked = 1

    def chosen(self) -> dict[str, Any]:
        """Return the filters by their names in the address, without the page."""
        return self.model_dump(exclude={"page"})


class AlertFilters(ListFilters):
    """Filters of alerts."""

    state: SearchText = ""
    kind: SearchText = ""
    audience: SearchText = ""
    theme: ThemeAsked = None
    q: SearchWords = ""
    sort: SearchText = "newest"

    def query(self) -> AlertQuery:
        """Return what the store is asked for."""
        return AlertQuery(
            state=self.state, kind=self.kind, audience=self.audience, theme=self.theme, text=self.q, sort=self.sort, page=self.page
        )  # fmt: skip


class SpikeFilters(ListFilters):
    """Filters of spikes."""

    state: SearchText = ""
    theme: ThemeAsked = None
    segment: SearchText = ""
    severity: Least = None
    gate: SearchText = ""
    sort: SearchText = "newest"

    def query(self) -> SpikeQuery:
        """Return what the store is asked for. Raises `SegmentUnreadable`."""
        return SpikeQuery(
            state=self.state, theme=self.theme, segment=segment_of(self.segment), severity=self.severity or 0.0, gate=self.gate,
            sort=self.sort, page=self.page,
        )  # fmt: skip


class IncidentFilters(ListFilters):
    """Filters of incidents; `ended_today` is by the day of the person's time zone."""

    state: SearchText = ""
    owner: SearchText = ""
    severity: Least = None
    ended_today: bool = False
    q: SearchWords = ""

    def query(self, today: datetime | None) -> IncidentQuery:
        """Return what the store is asked for; `today` is when the day began."""
        since = today if self.ended_today else None
        return IncidentQuery(
            state=self.state, owner=self.owner, severity=self.severity or 0.0, ended_since=since, text=self.q, page=self.page
        )  # fmt: skip

    def chosen(self) -> dict[str, Any]:
        """Return the filters by their names in the address, without the page."""
        return {**super().chosen(), "ended_today": "true" if self.ended_today else ""}


class IssueFilters(ListFilters):
    """Filters of known issues."""

    state: SearchText = ""
    owner: SearchText = ""
    theme: ThemeAsked = None
    q: SearchWords = ""

    def query(self) -> IssueQuery:
        """Return what the store is asked for."""
        return IssueQuery(state=self.state, owner=self.owner, theme=self.theme, text=self.q, page=self.page)
