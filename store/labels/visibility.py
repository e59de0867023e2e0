"""Who may see which label: the conditions that every read of labels has.

A person sees
- their own labels;
- those of others once the case is closed, if they labelled it or may adjudicate;
- but no label of another, no adjudicated and no gold label of a ticket that they may still label, in whatever queue.

A case that is closed takes no labels and changes none, so that what a person sees can never change what they say.
`docs/decisions/0021` has the reasons.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, or_, select, true

from models.access import Permission, Person
from models.labelling.queue import QueueKind
from store.labels.claim_state import ClaimState
from store.labels.queues import read_queues
from store.records import chunks
from store.schema import label_cases, label_claims, label_gold, labels


@dataclass(frozen=True, slots=True)
class LabelSight:
    """What a person may see of labels: who it is, whether they adjudicate, and the open queues that they may label."""

    name: str
    adjudicates: bool
    queues: tuple[int, ...]
    calibrations: tuple[int, ...]

    def may_still_label(self, ticket: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that the person may label the ticket of a column in one of the queues.

        In a calibration that ends with their own label, since the gold labels are shown then.
        """
        return exists(self._open_cases(ticket)) if self.queues else false()

    def others(self) -> ColumnElement[bool]:
        """Return the condition on `label_cases` that the person may see what others said of the case."""
        own = labels.alias("own_labels")
        took_part = exists(select(own.c.case_id).where(own.c.case_id == label_cases.c.id, own.c.labeller == self.name))
        return and_(
            label_cases.c.closed_at.is_not(None),
            true() if self.adjudicates else took_part,
            ~self.may_still_label(label_cases.c.ticket_id),
        )

    def labels(self) -> ColumnElement[bool]:
        """Return the condition on `labels` joined with `label_cases` that the person may see a label."""
        return or_(labels.c.labeller == self.name, self.others())

    def gold(self) -> ColumnElement[bool]:
        """Return the condition on `label_gold` that the person may see a gold label."""
        if not self.adjudicates:
            return false()
        return or_(label_gold.c.author == self.name, ~self.may_still_label(label_gold.c.ticket_id))

    def _open_cases(self, ticket: ColumnElement[Any]) -> Any:
        other, claim = label_cases.alias("open_cases"), label_claims.alias("own_claims")
        done = exists(
            select(claim.c.case_id).where(
                claim.c.case_id == other.c.id,
                claim.c.labeller == self.name,
                or_(
                    claim.c.state == ClaimState.SKIPPED.value,
                    and_(claim.c.state == ClaimState.LABELLED.value, other.c.queue_id.in_(self.calibrations)),
                ),
            )
        )
        return select(other.c.queue_id).where(
            other.c.ticket_id == ticket, other.c.closed_at.is_(None), other.c.queue_id.in_(self.queues), ~done
        )

    def queues_to_label(self, connection: Connection, tickets: Collection[str]) -> list[int]:
        """Read the open queues in which the person may still label one of the tickets, ascending."""
        found: set[int] = set()
        for part in chunks(tickets) if self.queues else ():
            cases = label_cases.alias("asked")
            query = self._open_cases(cases.c.ticket_id).where(cases.c.ticket_id.in_(part)).distinct()
            found.update(connection.execute(query).scalars())
        return sorted(found)


def sight_of(connection: Connection, person: Person) -> LabelSight:
    """Read what a person may see of labels now: use it in the same transaction."""
    mine = [one for one in read_queues(connection, open_only=True) if one.admits(person)]
    return LabelSight(
        name=person.name,
        adjudicates=person.may(Permission.ADJUDICATE),
        queues=tuple(one.queue_id for one in mine),
        calibrations=tuple(one.queue_id for one in mine if one.kind is QueueKind.CALIBRATION),
    )
