"""A made-up corpus: a million tickets of 5,000 themes over four weeks, as arrays that the database is written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.bucket import BUCKET_SECONDS, bucket_of
from models.segment import Segment
from models.spikes.series import PAIRS

END = datetime(2026, 11, 28, 15, 40, tzinfo=UTC)
DAYS = 28
START = END - timedelta(days=DAYS)

VALUES: dict[str, tuple[str, ...]] = {
    "business_line": ("live", "ecommerce", "ads"),
    "user_type": ("buyer", "creator", "merchant", "advertiser"),
    "product": tuple(
        f"{one}_{other}"
        for one in ("coins", "gifts", "payout", "card", "refund", "ads", "shop")
        for other in ("web", "app", "api")
    ),
    "payment_method": ("card", "pix", "upi", "wallet", "bank_transfer", "cash"),
    "region": ("BR", "US", "DE", "JP", "IN", "ID", "MX", "GB", "FR", "ES"),
    "platform": ("ios", "android", "web"),
    "app_version": ("38.0.0", "38.1.0", "38.2.0", "38.3.0"),
    "channel": ("chat", "email", "web_form", "social", "phone"),
    "handled_by": ("human", "ai", "vendor"),
}
VENDORS = ("atento", "majorel", "teleperformance", None)

SUBJECTS = (
    "refund",
    "payout",
    "gift",
    "coins",
    "card",
    "voucher",
    "invoice",
    "login",
    "advert",
    "delivery",
    "wallet",
    "invite",
)
MATTERS = (
    "not arrived", "charged twice", "wrong amount", "still pending", "refused at checkout", "shown in another currency",
    "gone after the update", "cannot be cancelled", "takes forever", "sent to another account",
)  # fmt: skip
PLACES = (
    "on the phone",
    "in the shop",
    "during a stream",
    "on the web",
    "after midnight",
    "at the till",
    "with a new card",
    "abroad",
)


@dataclass(frozen=True)
class Corpus:
    """Arrays of the tickets, by time.

    theme: from 1. second: since `START`. values: code of each ticket's value, by dimension. sizes: tickets of each theme, theme 0 none.
    """

    theme: NDArray[np.int64]
    second: NDArray[np.int64]
    values: dict[str, NDArray[np.int64]]
    vendor: NDArray[np.int64]
    themes: int
    sizes: NDArray[np.int64]
    segments: tuple[Segment, ...] = field(default=())
    segment_of: tuple[NDArray[np.int64], ...] = field(default=())

    @property
    def bucket(self) -> NDArray[np.int64]:
        """Bucket of each ticket."""
        return bucket_of(START) + self.second // BUCKET_SECONDS


def make_corpus(tickets: int, themes: int, seed: int = 0) -> Corpus:
    """Draw the tickets: a few themes have thousands, most some dozens (Zipf), by day more than by night."""
    rng = np.random.default_rng(seed)
    weight = 1.0 / (np.arange(themes) + 25.0)
    theme = rng.permutation(themes)[rng.choice(themes, tickets, p=weight / weight.sum())] + 1
    hours = rng.choice(24, tickets, p=_DAY / _DAY.sum())
    second = np.sort(
        (rng.integers(0, DAYS, tickets) * 86_400 + hours * 3_600 + rng.integers(0, 3_600, tickets))
        % int((END - START).total_seconds() - 1)
    )
    # Each theme is mostly about one value of each dimension.
    values = {}
    for name, known in VALUES.items():
        usual = rng.integers(0, len(known), themes + 1)
        values[name] = np.where(rng.random(tickets) < 0.6, usual[theme], rng.integers(0, len(known), tickets))
    segments, of = _segments(values)
    return Corpus(
        theme, second, values, rng.integers(0, len(VENDORS), tickets), themes,
        np.bincount(theme, minlength=themes + 1), segments, of,
    )  # fmt: skip


def name_of(theme: int) -> str:
    """Name a theme."""
    subject, rest = theme % len(SUBJECTS), theme // len(SUBJECTS)
    matter, place = rest % len(MATTERS), rest // len(MATTERS)
    tail = PLACES[place % len(PLACES)]
    more = f" {_letters(place // len(PLACES))}" if place >= len(PLACES) else ""
    return f"{SUBJECTS[subject].capitalize()} {MATTERS[matter]} {tail}{more}"


def cells(corpus: Corpus, block: int = 250) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rows of `counts`: (theme, segment from 1, bucket, tickets), in order, a block of themes after another."""
    everyone = np.zeros(len(corpus.theme), np.int64)
    yield from _cells(corpus, everyone, np.arange(len(corpus.theme)))
    order = np.argsort(corpus.theme, kind="stable")
    bounds = np.searchsorted(corpus.theme[order], np.arange(1, corpus.themes + block + 1, block))
    for first, last in pairwise(bounds):
        rows = order[first:last]
        yield from _cells(corpus, corpus.theme[rows], rows)


def _cells(corpus: Corpus, theme: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[tuple[int, int, int, int]]:
    first, span, width = bucket_of(START), DAYS * 288 + 1, len(corpus.segments) + 1
    offset = corpus.bucket[rows] - first
    keys = np.concatenate([(theme * width + codes[rows]) * span + offset for codes in corpus.segment_of])
    keys, number = np.unique(keys, return_counts=True)
    pair, bucket = np.divmod(keys, span)
    yield from zip(
        (pair // width).tolist(), (pair % width).tolist(), (bucket + first).tolist(), number.tolist(), strict=True
    )


def _segments(values: dict[str, NDArray[np.int64]]) -> tuple[tuple[Segment, ...], tuple[NDArray[np.int64], ...]]:
    """Number the segments from 1, and return that of each ticket for everything, each dimension and each pair."""
    some = len(next(iter(values.values())))
    found, of = [Segment()], [np.ones(some, np.int64)]
    for name, known in VALUES.items():
        of.append(values[name] + len(found) + 1)
        found += [Segment.of({name: one}) for one in known]
    for one, other in PAIRS:
        width = len(VALUES[other])
        of.append(values[one] * width + values[other] + len(found) + 1)
        found += [Segment.of({one: first, other: second}) for first in VALUES[one] for second in VALUES[other]]
    return tuple(found), tuple(of)


def _letters(number: int) -> str:
    found = ""
    while number >= 0:
        number, rest = divmod(number, 26)
        found = chr(ord("a") + rest) + found
        number -= 1
    return found


_DAY = 0.15 + 0.85 * np.maximum(0.0, np.sin(np.pi * (np.arange(24) - 5) / 19))
