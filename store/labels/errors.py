"""What is refused of labels; each text is one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from models.access import Permission, Person
from models.redaction import quoted
from store.errors import StoreError


class LabelSetUnknown(StoreError):
    """No label set, or no version of it, has the name."""

    def __init__(self, name: str, version: int | None = None) -> None:
        which = "" if version is None else f"version {version} of "
        super().__init__(
            f"received {which}the label set {quoted(name, 40)}, which does not exist; `groundswell labels sets` shows those that do"
        )


class LabelQueueUnknown(StoreError):
    """No queue has the number, or none that the person may see."""

    def __init__(self, queue_id: int) -> None:
        super().__init__(
            f"received label queue {queue_id}, which does not exist; `groundswell labels queue list` shows those that do"
        )


class LabelCaseUnknown(StoreError):
    """No case has the number, or none that the person may see."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"received label case {case_id}, which does not exist; the page of its queue shows its cases")


class LabelInvalid(StoreError):
    """What was sent is no label, set or queue."""


class LabelCaseClosed(StoreError):
    """The case has all its labels, or its queue was closed."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"label case {case_id} is closed and takes no more labels; go on with the next case")


class LabelCaseOpen(StoreError):
    """What is asked for needs all labels of the case."""

    def __init__(self, case_id: int) -> None:
        super().__init__(
            f"label case {case_id} still waits for labels; adjudicate it once it is closed, or close its queue"
        )


class LabelQueueClosed(StoreError):
    """The queue was closed."""

    def __init__(self, queue_id: int) -> None:
        super().__init__(f"label queue {queue_id} is closed and takes no more labels; choose another queue")


class LabellingRefused(StoreError):
    """The person may not do this with the case or queue."""


class LabelPermissionMissing(LabellingRefused):
    """The person has not the permission."""

    def __init__(self, person: Person, permission: Permission) -> None:
        super().__init__(
            f"{person.name} may not do this: it needs the permission {permission.value}; ask an admin of the console for it"
        )


class LabelsHidden(LabellingRefused):
    """The person may still label the ticket, and sees no label of another person until then."""

    def __init__(self, case_id: int, queues: Iterable[int]) -> None:
        named = ", ".join(str(one) for one in queues)
        super().__init__(
            f"the labels of case {case_id} are hidden from you since you may still label its ticket in queue {named}; label or skip it "
            "there first"
        )
