"""Where a labeller goes on."""

from __future__ import annotations

from pipelines.labelling.case import CaseToLabel


def address_of_next(found: CaseToLabel | None, queue_id: int, *, saved: int | None = None) -> str:
    """Return the address of the case that was taken, of the queue where nothing is left; `saved` is the case that was saved before."""
    said = f"?saved={saved}" if saved else ""
    if found is None:
        return f"/labels/queues/{queue_id}{said or '?done=true'}"
    return f"/labels/cases/{found.case.case_id}{said}"
