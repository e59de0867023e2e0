"""Tickets that are written from templates in nine languages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random
from typing import NamedTuple

_ORDERS = "SO-{n} #{n} ORD{n} {n}"
_SHOPS = ("Northwind", "Casa Verde", "Lumen Store", "Blue Ridge Outfitters", "TechHaus")
_NAMES = ("Ana Silva", "John Smith", "Mei Tanaka", "Omar Haddad", "Nguyen Van An", "Lena Vogel", "Pierre Dubois")


class Written(NamedTuple):
    """A text, its language as an ISO 639-1 code, and its problem."""

    text: str
    language: str
    problem: str


def write_tickets(seed: int, count: int, *, framed: bool = True) -> list[Written]:
    """Write `count` tickets of each language and problem; `framed` adds openings and closings to half of them."""
    table = tomllib.loads(Path(__file__).with_name("problems.toml").read_text(encoding="utf-8"))
    opening, closing = table.pop("open"), table.pop("close")
    random = Random(seed)
    found = []
    for problem, by_language in table.items():
        for language, templates in by_language.items():
            for at in range(count):
                text = templates[at % len(templates)]
                if framed and random.random() < 0.5:
                    text = f"{random.choice(opening[language])} {text} {random.choice(closing[language])}"
                found.append(Written(_fill(text, random), language, problem))
    random.shuffle(found)
    return found


def _fill(text: str, random: Random) -> str:
    order = random.choice(_ORDERS.split()).format(n=random.randrange(10_000, 999_999))
    amount = f"{random.randrange(5, 900)}.{random.randrange(100):02} {random.choice(('EUR', 'USD', '€'))}"
    return text.format(order=order, amount=amount, shop=random.choice(_SHOPS), name=random.choice(_NAMES))
