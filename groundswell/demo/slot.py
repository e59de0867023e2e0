"""Slots: the names, numbers and sums that make one ticket's sentence differ from the next one's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

STREAMERS = (
    "LunaVox",
    "DJ Marek",
    "chef_anh",
    "mira.plays",
    "KofiLive",
    "Tante Rosi",
    "zé_da_viola",
    "Nova Kim",
    "pixelpaula",
)
SHOPS = (
    "Casa Verde",
    "Lumen Studio",
    "Pixel Pantry",
    "Nordlicht Shop",
    "Batik Rumah",
    "Oak & Thread",
    "Kicks Corner",
    "Glow Bar",
)
ITEMS = (
    "a phone case",
    "running shoes",
    "a rice cooker",
    "headphones",
    "a winter coat",
    "a lamp",
    "a set of brushes",
    "a desk chair",
    "a face cream",
    "a board game",
    "a backpack",
    "two pillows",
)
GIFTS = ("Galaxy", "Lion", "Rose Bouquet", "Rocket", "Castle", "Swan", "Fireworks", "Whale", "Money Rain")
PRIZES = (
    "a headset",
    "a smart watch",
    "the weekend trip",
    "a camera",
    "a plush bear",
    "the golden ticket",
    "concert seats",
)
CAMPAIGNS = ("Winter Glow", "Back to Work", "Green Kitchen", "Sneaker Week", "Pet Friends", "Slow Coffee")
DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "the 3rd",
    "the 9th",
    "the 12th",
)
MONTHS = ("August", "September", "October", "November")
NAMES = (
    "Ana",
    "Tom",
    "Priya",
    "Jonas",
    "Marie",
    "Dewi",
    "Luis",
    "Grace",
    "Omar",
    "Katrin",
    "Rahul",
    "Beatriz",
    "Sam",
)

BANKS: Mapping[str, tuple[str, ...]] = {
    "US": ("First Harbor", "Union Prairie Bank", "Cascade Credit Union"),
    "GB": ("Sterling & Vale", "Thames Mutual"),
    "BR": ("Banco Aurora", "Banco Ipê", "Caixa Azul"),
    "IN": ("Ganga Bank", "Deccan Co-op Bank"),
    "DE": ("Nordbank", "Isar Sparbank"),
    "FR": ("Banque des Alpes", "Crédit Loire"),
    "ID": ("Bank Merapi", "Bank Samudra"),
    "MX": ("Banco Jacaranda", "Banco del Valle"),
}
_CURRENCIES: Mapping[str, tuple[str, float]] = {
    "US": ("${:.2f}", 1),
    "GB": ("£{:.2f}", 0.8),
    "BR": ("R$ {:.2f}", 5),
    "IN": ("₹{:.0f}", 80),
    "DE": ("{:.2f} EUR", 0.9),
    "FR": ("{:.2f} €", 0.9),
    "ID": ("Rp {:,.0f}", 15_000),
    "MX": ("MX${:.0f}", 18),
}

# Published test numbers of the card schemes, and numbers reserved for examples: they belong to nobody.
_CARDS = (
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "2223003122003222",
)
_PHONES = ("+1 202 555 0143", "+1 415-555-0199", "(212) 555-0167", "+49 30 23125 042", "+33 1 99 00 12 34")
_MAIL_HOSTS = ("example.com", "example.org", "mail.example.net")

_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"<([^<>]*)>")


class Slots:
    """Fills templates for one ticket; a slot keeps its value wherever the ticket names it again.

    Parameters
    ----------
    rng
        The source of all choices.
    region
        Decides currency and bank; one of the regions of `BANKS`.
    """

    def __init__(self, rng: Random, region: str) -> None:
        self._rng = rng
        self._region = region
        self._values: dict[str, str] = {}

    def fill(self, template: str) -> str:
        """Choose among <a|b> and fill each {slot}; raises KeyError for an unknown slot."""
        chosen = _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), template)
        return _SLOT.sub(lambda match: self._value(match[1]), chosen)

    def _value(self, name: str) -> str:
        if name not in self._values:
            self._values[name] = DRAWS[name](self._rng, self._region)
        return self._values[name]


def _amount(rng: Random, region: str) -> str:
    form, rate = _CURRENCIES[region]
    return form.format(min(rng.lognormvariate(3.4, 0.8), 900) * rate)


def _card(rng: Random, _: str) -> str:
    digits = rng.choice(_CARDS)
    return rng.choice(("", " ", "-", ".")).join(digits[place : place + 4] for place in range(0, len(digits), 4))


def _email(rng: Random, _: str) -> str:
    return f"{rng.choice(NAMES).lower()}{rng.randint(1, 99)}@{rng.choice(_MAIL_HOSTS)}"


def _among(values: tuple[str, ...]) -> Callable[[Random, str], str]:
    return lambda rng, _: rng.choice(values)


def _between(low: int, high: int) -> Callable[[Random, str], str]:
    return lambda rng, _: str(rng.randint(low, high))


DRAWS: Mapping[str, Callable[[Random, str], str]] = {
    "adult": _between(19, 47),
    "age": _between(6, 13),
    "amount": _amount,
    "bank": lambda rng, region: rng.choice(BANKS[region]),
    "campaign": _among(CAMPAIGNS),
    "card": _card,
    "code": lambda rng, _: rng.choice(("SAVE", "HELLO", "LIVE", "GLOW", "FREE")) + str(rng.randint(5, 60)),
    "coins": _among(("70", "350", "700", "1400", "3500", "7000")),
    "day": _among(DAYS),
    "days": _between(4, 21),
    "email": _email,
    "error": lambda rng, _: f"E-{rng.randint(1000, 9999)}",
    "gift": _among(GIFTS),
    "hours": _between(2, 30),
    "item": _among(ITEMS),
    "month": _among(MONTHS),
    "name": _among(NAMES),
    "order": lambda rng, _: f"ORD-{rng.randint(10_000_000, 99_999_999)}",
    "percent": _between(3, 40),
    "phone": _among(_PHONES),
    "prize": _among(PRIZES),
    "shop": _among(SHOPS),
    "streamer": _among(STREAMERS),
}
