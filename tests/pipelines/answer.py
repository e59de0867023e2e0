"""What mining wrote, compared row by row: two runs over the same events must give the same answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine

from tests.pipelines.chain import listings, mined_rows

_LONGEST = 300
"""Characters of a row that a difference shows."""


@dataclass(frozen=True)
class Answer:
    """The listings as bytes, and every row that mining wrote, by table."""

    listings: Mapping[str, bytes]
    rows: Mapping[str, Sequence[tuple[object, ...]]]

    def differences(self, other: "Answer", most: int = 3) -> list[str]:
        """Describe the first `most` differing entries of each listing and table; empty where all of them are equal."""
        found = []
        for name, content in self.listings.items():
            if content != other.listings[name]:
                here, there = orjson.loads(content), orjson.loads(other.listings[name])
                found += _differences(f"listing {name}", here, there, most) or [f"listing {name}: in another order"]
        for name, rows in self.rows.items():
            found += _differences(f"table {name}", rows, other.rows[name], most)
        return found


def read_answer(engine: Engine, *, position: bool = True) -> Answer:
    """Read an answer from a database. Without `position` the miner's own row is left out: it also holds how far the miner is."""
    rows = mined_rows(engine)
    if not position:
        del rows["miner"]
    return Answer(listings(engine), rows)


def _differences(name: str, here: Sequence[Any], there: Sequence[Any], most: int) -> list[str]:
    left, right = [repr(one) for one in here], [repr(one) for one in there]
    only_left, only_right = sorted(set(left) - set(right)), sorted(set(right) - set(left))
    if not only_left and not only_right:
        return []
    lines = [f"{name}: {len(left)} and {len(right)} rows, {len(only_left)} and {len(only_right)} of them only in one"]
    for place in range(min(most, max(len(only_left), len(only_right)))):
        one = only_left[place] if place < len(only_left) else ""
        two = only_right[place] if place < len(only_right) else ""
        start = max(0, _common(one, two) - _LONGEST // 3)
        lines += [f"  first  {one[start : start + _LONGEST]}", f"  second {two[start : start + _LONGEST]}"]
    return lines


def _common(one: str, two: str) -> int:
    """Number of characters in which two texts begin alike."""
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
