"""What two versions of a procedure say differently."""

from __future__ import annotations

from models.sops.procedure import Procedure


def difference(before: Procedure, after: Procedure, before_name: str, after_name: str) -> list[str]:
    """Return a unified diff of two versions, line by line; empty where they say the same."""
    from difflib import unified_diff

    return list(unified_diff(_lines(before), _lines(after), before_name, after_name, lineterm=""))


def _lines(one: Procedure) -> list[str]:
    review = "" if one.review_on is None else one.review_on.isoformat()
    return [
        f"title: {one.title}",
        f"owner: {one.owner}",
        f"review: {review}",
        *one.tree.splitlines(),
        *one.body.splitlines(),
    ]
