"""What arrives: CloudEvents 1.0 envelopes around tickets, launches and changes, validated at the edge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.demand import DemandKind

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Times before it are typing errors or unset clocks, and would stretch every history."""

DIMENSIONS = (
    "business_line", "user_type", "product", "payment_method", "region", "platform", "app_version", "channel", "handled_by",
)  # fmt: skip
"""The dimensions that segments are made of by default, in the order of the design."""

MATCHED = (*DIMENSIONS, "vendor", "team")
"""Attributes of tickets by which audiences own and subscribe: the dimensions, and who handles the ticket."""


class TicketEventType(StrEnum):
    """What can happen to a ticket."""

    CREATED = "ticket.created"
    UPDATED = "ticket.updated"
    ESCALATED = "ticket.escalated"
    REASSIGNED = "ticket.reassigned"
    SOLVED = "ticket.solved"
    REOPENED = "ticket.reopened"
    RATED = "ticket.rated"
    MERGED = "ticket.merged"
    SPAM = "ticket.spam"
    REDACTED = "ticket.redacted"
    DELETED = "ticket.deleted"
    UNDELETED = "ticket.undeleted"
    COMMENTED = "comment.added"


RETRACTING = frozenset({TicketEventType.MERGED, TicketEventType.SPAM, TicketEventType.DELETED})
"""After these a ticket counts no longer."""

ERASING = frozenset({TicketEventType.REDACTED, TicketEventType.DELETED})
"""Tombstones: text of the ticket that is older than these is erased and never stored again."""


LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond it a change of zone can leave the calendar."""


def _utc(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        raise ValueError(f"{time.isoformat()} is not between 2000-01-01 and 9000-01-01, which no ticket system writes")
    return time.astimezone(UTC)


Time = Annotated[AwareDatetime, AfterValidator(_utc)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
"""Identifiers; longer ones are payload that went into the wrong field."""

Value = Annotated[str, Field(max_length=128)]
"""A value of a dimension; longer ones would make a series of every ticket."""


def _no_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("received true or false; valid is a number")  # noqa: TRY004 (pydantic reports ValueError only)
    return value


Rating = Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=5)]
"""A rating; true is none, though Python counts it as 1."""


class Frozen(BaseModel):
    """Base of the models at the edge: immutable, numbers accepted where text is meant, unknown keys ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


DIRECTIONS = frozenset({"inbound", "outbound"})
DEMAND_KINDS = frozenset(DemandKind)
WAITED_FOR = frozenset({"agent", "requester", "third_party"})


def _of_others(data: dict[str, Any]) -> set[str]:
    """Return the keys that say what wrote a ticket only where they have our values; other systems use these words, too."""
    ours = {
        "direction": _is_one_of(data.get("direction"), DIRECTIONS),
        "demand": _is_one_of(data.get("demand"), DEMAND_KINDS),
        "mail": isinstance(data.get("mail", {}), dict),
        "links": _are_links(data.get("links", [])),
        "public": data.get("public") is None or isinstance(data.get("public"), bool),
        "waits_for": _is_one_of(data.get("waits_for"), WAITED_FOR),
    }
    return {name for name, is_ours in ours.items() if name in data and not is_ours}


def _are_links(value: Any) -> bool:
    # Other systems call web addresses links.
    return isinstance(value, list | tuple) and all(
        isinstance(one, TicketLink) or (isinstance(one, dict) and one.keys() >= {"kind", "ticket"}) for one in value
    )


def _is_one_of(value: Any, values: Collection[str]) -> bool:
    return value is None or (isinstance(value, str) and value in values)


class TicketLinkKind(StrEnum):
    """What another ticket is to the ticket that is linked to it."""

    PROBLEM = "problem"
    """It is the problem that causes the ticket."""
    INCIDENT = "incident"
    """It is caused by the ticket."""
    DUPLICATE = "duplicate"
    RELATES = "relates"


class TicketLink(Frozen):
    """A link of a ticket to another one: `ticket` is its id in the same system, `removed` whether the link was taken away."""

    kind: TicketLinkKind
    ticket: Name
    removed: bool = False


class TicketData(Frozen):
    """The `data` of a ticket event. Everything but the text is optional; unknown keys are kept in `custom`.

    `direction`, `demand` and `mail` (header fields of a mail) say what wrote the ticket, see `models.demand`. `links` are those to
    other tickets that the event made or took away. `public` is false for a comment that the requester does not see; `waits_for` says
    whose turn it is from the event on.
    """

    title: str = ""
    body: str = ""
    language: Value | None = None
    channel: Literal["in_app", "im_chat", "email", "phone", "web_form", "social", "api"] | None = None
    handled_by: Literal["ai", "human", "vendor"] | None = None
    vendor: Value | None = None
    team: Value | None = None
    business_line: Value | None = None
    user_type: Value | None = None
    product: Value | None = None
    payment_method: Value | None = None
    region: Value | None = None
    platform: Value | None = None
    app_version: Value | None = None
    priority: Value | None = None
    escalated: bool | None = None
    requester: str | None = None
    tags: tuple[str, ...] = ()
    custom: dict[str, Any] = Field(default_factory=dict)
    into: Name | None = None
    csat: Rating | None = None
    author_role: Literal["requester", "agent", "bot"] | None = None
    public: bool | None = None
    waits_for: Literal["agent", "requester", "third_party"] | None = None
    direction: Literal["inbound", "outbound"] | None = None
    demand: DemandKind | None = None
    mail: dict[str, Any] = Field(default_factory=dict)
    links: tuple[TicketLink, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.keys() <= _CERTAIN:
            return data
        if isinstance(data, dict) and (unknown := (data.keys() - cls.model_fields.keys()) | _of_others(data)):
            kept = {name: value for name, value in data.items() if name not in unknown}
            custom = data.get("custom") or {}
            if not isinstance(custom, dict):
                raise ValueError(f"received data.custom of type {type(custom).__name__}; valid is an object")
            kept["custom"] = {**custom, **{name: data[name] for name in sorted(unknown)}}
            return kept
        return data


_CERTAIN = frozenset(TicketData.model_fields) - {"direction", "demand", "mail", "links", "public", "waits_for"}
"""Keys that are ours whatever their values are."""


class EventEnvelope(Frozen):
    """The CloudEvents 1.0 attributes that every event of ours carries; (`source`, `id`) is its identity."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    time: Time
    subject: Name


NEEDED = {
    TicketEventType.MERGED: ("into", "the ticket that this one was merged into"),
    TicketEventType.RATED: ("csat", "a rating from 1 to 5"),
    TicketEventType.COMMENTED: ("body", "the comment's text"),
}


class TicketEvent(EventEnvelope):
    """Something that happened to the ticket named by `subject`."""

    type: TicketEventType
    data: TicketData = TicketData()

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> Self:
        if self.type is TicketEventType.CREATED and not self.data.model_fields_set & {"title", "body"}:
            raise ValueError("data.title and data.body are both missing; a ticket needs at least one of them")
        name, meaning = NEEDED.get(self.type, (None, ""))
        if name and getattr(self.data, name) in (None, ""):
            raise ValueError(f"data.{name} is missing; {self.type.value} needs {meaning}")
        return self


class ExpectedLift(Frozen):
    """One line of a launch's plan: which themes it lifts, and to how many times their usual volume.

    `like` names a past launch whose themes and lifts are expected again, each multiplied by `lift`, which is 1 where it is left out.
    """

    theme: int | None = None
    about: str | None = None
    all: bool = False
    like: Name | None = None
    lift: Annotated[float, Field(gt=0, le=10_000)]

    @model_validator(mode="before")
    @classmethod
    def _as_it_was(cls, data: Any) -> Any:
        return {"lift": 1.0, **data} if isinstance(data, dict) and data.get("like") else data

    @model_validator(mode="after")
    def _names_one_target(self) -> Self:
        if sum((self.theme is not None, bool(self.about), self.all, self.like is not None)) != 1:
            raise ValueError(
                "an expectation names exactly one of theme (an id), about (an example text), all (true) or like (a past launch)"
            )
        return self


Scope = dict[str, Value]

ConcernedTheme = Annotated[int, Field(ge=1, lt=2**31)]


class LaunchData(Frozen):
    """A planned window and the volume that is planned for it; a `cancelled` one is as if it had never been planned."""

    kind: Literal["launch", "campaign", "holiday", "sale"]
    title: str
    start: Time
    end: Time
    scope: Scope = {}
    tolerance: Annotated[float, Field(ge=0, le=5)] = 0.3
    expected: tuple[ExpectedLift, ...] = ()
    cancelled: bool = False

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(
                f"the launch ends at {self.end.isoformat()}, which is not after its start {self.start.isoformat()}"
            )
        return self


class LaunchEvent(EventEnvelope):
    """A launch was planned, or its plan revised; (`source`, `subject`) names the launch, the greatest (`time`, `id`) wins."""

    type: Literal["launch.planned"]
    data: LaunchData


class ChangeData(Frozen):
    """Something that was changed in the product or around it.

    `themes` are the numbers of the themes that it concerns, such as those of a procedure; none for a change that may concern any.
    """

    kind: Literal["release", "config", "rule_update", "incident"]
    title: str
    scope: Scope = {}
    themes: Annotated[tuple[ConcernedTheme, ...], Field(max_length=1_000)] = ()
    url: str | None = None


class ChangeEvent(EventEnvelope):
    """A change was recorded, or its record revised; (`source`, `subject`) names the change, the greatest (`time`, `id`) wins."""

    type: Literal["change.recorded"]
    data: ChangeData


Event = TicketEvent | LaunchEvent | ChangeEvent
EVENT_TYPES = (*(kind.value for kind in TicketEventType), "launch.planned", "change.recorded")
