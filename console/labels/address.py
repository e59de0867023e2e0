"""Where a labeller goes on, and what an address says of the case before."""

from __future__ import annotations

from sqlalchemy import Connection

from models.access import Person
from pipelines.labelling.case import CaseToLabel
from store.labels.adjudications import read_adjudications
from store.labels.cases import read_claim
from store.labels.claim_state import ClaimState
from store.types import LARGEST_ROW


def address_of_next(found: CaseToLabel | None, queue_id: int, *, saved: int | None = None) -> str:
    """Return the address of the case that was taken, of the queue where nothing is left; `saved` is the case that was saved before."""
    said = f"?saved={saved}" if saved else ""
    if found is None:
        return f"/labels/queues/{queue_id}{said or '?done=true'}"
    return f"/labels/cases/{found.case.case_id}{said}"


def labelled_before(connection: Connection, case_id: int | None, person: Person) -> int | None:
    """Return the case that an address calls saved, if the person labelled it; None for another number, which anybody can write."""
    if case_id is None or read_claim(connection, case_id, person) is not ClaimState.LABELLED:
        return None
    return case_id


def decided_before(connection: Connection, case_id: int | None, person: Person) -> int | None:
    """Return the case that an address calls saved, if the person adjudicated it; None for another number."""
    if case_id is None or case_id > LARGEST_ROW:
        return None
    decided = read_adjudications(connection, person, case_id=case_id)
    return case_id if any(one.label.adjudicator == person.name for one in decided) else None
