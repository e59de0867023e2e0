"""How many tickets a second redaction takes on one core, with Presidio's pattern recognizers on the same texts in the same run.

usage: python -m bench.redaction.speed [--tickets 20000] [--rounds 5] [--presidio 500]

Three kinds of text: the demo's tickets as they are, some of which hold addresses and numbers; the same with a secret in one of
twenty; and tickets of the scorecard in twelve languages, one in two with a secret. Programs take turns; the ratio is of medians of
processor time.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.result import save
from groundswell.demo import generate
from models.redaction.redactor import Redactor
from models.redaction.scorecard.generator import ScorecardGenerator
from models.redaction.scorecard.removers import presidio_remover

SECRET_IN = 20
"""Of the demo's tickets one in so many gets a secret: about as many as hold one in payment support."""


def texts_of_demo(number: int) -> list[str]:
    """Return titles with bodies of the demo's tickets as it makes them; the redactor remembers no text."""
    made = [
        f"{event['data']['title']}\n{event['data']['body']}"
        for event in generate(11, tickets_a_day=2000.0).events
        if event["type"] == "ticket.created"
    ]
    return [made[at % len(made)] for at in range(number)]


def with_secrets(texts: Sequence[str]) -> list[str]:
    """Put a text of the scorecard that holds a secret behind one of twenty."""
    secrets = [one.text for one in ScorecardGenerator().texts(7, 60) if one.secrets]
    rng = random.Random(3)
    return [f"{text}\n{rng.choice(secrets)}" if at % SECRET_IN == 0 else text for at, text in enumerate(texts)]


def of_scorecard(number: int) -> list[str]:
    """Return texts of the scorecard, mixed."""
    texts = [one.text for one in ScorecardGenerator().texts(8, 100)]
    random.Random(4).shuffle(texts)
    return (texts * (number // len(texts) + 1))[:number]


def a_second(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """Return texts per second of processor time."""
    begun, number = time.process_time(), 0
    for text in texts:
        work(text)
        number += 1
    return number / (time.process_time() - begun)


def main() -> None:
    """Measure each kind of text in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presidio", type=int, default=500, help="texts for Presidio, which is slower")
    asked = parser.parse_args()
    redactor, presidio = Redactor(), presidio_remover()
    demo = texts_of_demo(asked.tickets)
    kinds = {
        "demo": demo,
        "demo_one_in_twenty_with_a_secret": with_secrets(demo),
        "scorecard": of_scorecard(asked.tickets),
    }
    figures: dict[str, Any] = {"tickets": asked.tickets}
    for name, texts in kinds.items():
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(asked.rounds):
            ours.append(a_second(redactor.redact, texts))
            if presidio is not None:
                theirs.append(a_second(presidio, texts[: asked.presidio]))
        figures[f"{name}: characters"] = statistics.mean(map(len, texts))
        figures[f"{name}: tickets_a_second"] = statistics.median(ours)
        if theirs:
            figures[f"{name}: presidio_tickets_a_second"] = statistics.median(theirs)
            figures[f"{name}: times_presidio"] = statistics.median(ours) / statistics.median(theirs)
    save("redaction_speed", figures)


if __name__ == "__main__":
    main()
