"""What is written next to secrets and has to stay: amounts, dates, times, order and ticket numbers, versions."""

from __future__ import annotations

from random import Random

from models.redaction.scorecard.pieces import TextPiece

CURRENCIES = ("EUR", "USD", "INR", "BRL", "GBP", "JPY", "€", "$", "₹", "R$")


def amount(rng: Random) -> str:
    """Write an amount of money as people of several countries do."""
    whole, cents, currency = rng.randrange(1, 100_000), rng.randrange(100), rng.choice(CURRENCIES)
    number = rng.choice(
        (f"{whole}.{cents:02}", f"{whole:,}.{cents:02}", f"{whole:,}".replace(",", ".") + f",{cents:02}", f"{whole}")
    )
    return rng.choice((f"{number} {currency}", f"{currency} {number}", f"{currency}{number}"))


def date(rng: Random) -> str:
    """Write a day of the years 2024 to 2026."""
    year, month, day = rng.randrange(2024, 2027), rng.randrange(1, 13), rng.randrange(1, 29)
    return rng.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}",
            f"{day:02}/{month:02}/{year}",
            f"{year}年{month}月{day}日",
        )
    )


def clock_time(rng: Random) -> str:
    """Write a time of day."""
    hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    return rng.choice((f"{hour:02}:{minute:02}", f"{hour:02}:{minute:02}:{second:02}"))


def order_id(rng: Random) -> str:
    """Write the number of an order or a ticket, of a form that shops use."""
    return rng.choice(
        (
            f"#{rng.randrange(1000, 999_999)}",
            f"ORD-{rng.randrange(10_000, 9_999_999)}",
            f"A{rng.randrange(10**6, 10**7)}-{rng.randrange(100)}",
            f"T-{rng.randrange(1000, 99_999)}",
            f"{rng.randrange(10_000, 999_999)}",
            f"2026-{rng.randrange(10_000, 99_999)}",
            f"INV/{rng.randrange(2024, 2027)}/{rng.randrange(1000, 9999)}",
            f"{rng.choice('ABCDEFGH')}{rng.choice('ABCDEFGH')}{rng.randrange(10**4, 10**6)}",
        )
    )


def version(rng: Random) -> str:
    """Write the version of an app."""
    return f"{rng.randrange(1, 60)}.{rng.randrange(30)}.{rng.randrange(30)}"


_WRITINGS = (
    ("amount", "Amount", amount),
    ("date", "Date", date),
    ("time", "Time", clock_time),
    ("order", "Order", order_id),
    ("app", "App version", version),
)


def neighbour(rng: Random) -> list[TextPiece]:
    """Return a neighbour in a sentence; its value must stay."""
    name, _, write = rng.choice(_WRITINGS)
    return [TextPiece(f"{name} "), TextPiece(write(rng), keep=True)]


def neighbour_field(rng: Random) -> tuple[str, TextPiece]:
    """Return a neighbour as a field of a form: its label, and its value, which must stay."""
    _, label, write = rng.choice(_WRITINGS)
    return label, TextPiece(write(rng), keep=True)
