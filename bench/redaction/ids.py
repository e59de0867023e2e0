"""How many random numeric ids are taken for something sensitive: as identities of events, declared or not, and in texts.

usage: python -m bench.redaction.ids [--number 5000]

Ids are numbers of 13 to 19 digits without a meaning, random and consecutive. As identities: before anything is known of their source,
after its first thousand ids, and declared in `redaction.numeric_ids`. In texts, with a letter before them as many shops number orders:
undeclared, and declared in `redaction.keep`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from typing import Any

from bench.result import save
from models.redaction.keep import KeepFormat
from models.redaction.redactor import Redactor
from models.redaction.settings import RedactionSettings
from stream.id_forms import IdForms, IdTally, form_of
from stream.identity import Identities, sensitive_parts

SOURCE = "/bench"
SENTENCES = ("order R{} is late", "my order number is R{}, please check", "id=R{}", "R{}")
KNOWN = 1000


def random_ids(rng: random.Random, size: int, number: int) -> list[str]:
    """Draw ids of so many digits."""
    return [str(rng.randrange(10 ** (size - 1), 10**size)) for _ in range(number)]


def consecutive_ids(rng: random.Random, size: int, number: int) -> list[str]:
    """Draw a start, and count on from there."""
    start = rng.randrange(10 ** (size - 1), 10**size - number)
    return [str(start + at) for at in range(number)]


def replaced(identities: Identities, ids: Sequence[str]) -> float:
    """Return the share of ids that are stored as a hash."""
    return sum(identities.stored(one, "id", SOURCE) != one for one in ids) / len(ids)


def after_first_thousand(ids: Sequence[str]) -> Identities:
    """Return identities that know the first thousand ids of the source."""
    tally = IdTally()
    for one in ids[:KNOWN]:
        tally.add(one, form_of(one), card=any(part.card for part in sensitive_parts(one)))
    identities = Identities(b"bench")
    identities.forms = IdForms({(SOURCE, "id"): tally.forms()})
    return identities


def in_texts(redactor: Redactor, rng: random.Random, ids: Sequence[str]) -> float:
    """Return the share of ids that are replaced in a sentence."""
    return sum(one not in redactor.redact(rng.choice(SENTENCES).format(one)).text for one in ids) / len(ids)


def measure(rng: random.Random, ids: Sequence[str]) -> dict[str, float]:
    """Measure ids of one length."""
    keep = {"orders": KeepFormat(prefix="R", length=len(ids[0]) + 1)}
    return {
        "identity_undeclared": replaced(Identities(b"bench"), ids),
        "identity_after_1000": replaced(after_first_thousand(ids), ids),
        "identity_declared": replaced(Identities(b"bench", numeric=[SOURCE]), ids),
        "text_undeclared": in_texts(Redactor(), rng, ids),
        "text_declared": in_texts(Redactor(RedactionSettings(keep=keep)), rng, ids),
    }


def main() -> None:
    """Measure each length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=5000)
    asked = parser.parse_args()
    rng = random.Random(100)
    figures: dict[str, Any] = {"number": asked.number}
    for kind, draw in (("random", random_ids), ("consecutive", consecutive_ids)):
        figures[kind] = {f"{size} digits": measure(rng, draw(rng, size, asked.number)) for size in range(13, 20)}
    highest = {name: max(one[name] for one in figures["random"].values()) for name in figures["random"]["13 digits"]}
    save("redaction_ids", {**figures, "highest_of_random": highest}, show=False)
    print(highest)


if __name__ == "__main__":
    main()
