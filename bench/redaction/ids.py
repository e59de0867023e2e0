"""How many random numeric ids are taken for something sensitive: as identities of events, declared or not, and in texts.

usage: python -m bench.redaction.ids [--number 5000]

Ids are random numbers of 13 to 19 digits without a meaning, and consecutive numbers from a random start. As identities they are
decided by `stream.identity`; in texts ("order 4000123412341234 is late") by the redactor, undeclared and declared in `redaction.keep`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from typing import Any

from bench.result import save
from models.redaction import redact

SENTENCES = ("order {} is late", "my order number is {}, please check", "id={}", "{}")


def random_ids(rng: random.Random, size: int, number: int) -> list[str]:
    """Draw ids of so many digits."""
    return [str(rng.randrange(10 ** (size - 1), 10**size)) for _ in range(number)]


def consecutive_ids(rng: random.Random, size: int, number: int) -> list[str]:
    """Draw a start, and count on from there."""
    start = rng.randrange(10 ** (size - 1), 10**size - number)
    return [str(start + at) for at in range(number)]


def in_texts(rng: random.Random, ids: Sequence[str]) -> float:
    """Return the share of ids that are replaced in a sentence."""
    return sum(one not in redact(rng.choice(SENTENCES).format(one)).text for one in ids) / len(ids)


def main() -> None:
    """Measure each length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=5000)
    asked = parser.parse_args()
    rng = random.Random(20_261_129)
    figures: dict[str, Any] = {"number": asked.number}
    for size in range(13, 20):
        ids = random_ids(rng, size, asked.number)
        figures[f"{size} digits"] = {"in_texts": in_texts(rng, ids)}
        print(size, figures[f"{size} digits"])
    save("redaction_ids", figures, show=False)


if __name__ == "__main__":
    main()
