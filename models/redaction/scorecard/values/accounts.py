"""Bank accounts: IBAN (ISO 13616), numbers of accounts and banks by country, and UPI ids."""

from __future__ import annotations

import re
from random import Random
from string import ascii_uppercase, digits

from stdnum import iban as stdnum_iban
from stdnum.numdb import get as get_numdb

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, alnum, whole
from models.redaction.scorecard.writing import grouped, number_writing

_PART = re.compile(r"(\d+)!([nac])")
_LETTERS = {"n": digits, "a": ascii_uppercase, "c": digits + digits + ascii_uppercase}


class IbanDrawer:
    """Draws IBANs of every country in the registry."""

    def __init__(self) -> None:
        """Read countries and structures from the registry of python-stdnum."""
        database = get_numdb("iban")
        self._structures = {prefix: info["bban"] for _, prefix, _, info, _ in database.prefixes if info.get("bban")}

    def draw(self, rng: Random) -> SecretValue:
        """Draw an IBAN with valid check digits, in one of many writings."""
        country = rng.choice(sorted(self._structures))
        bban = "".join(
            rng.choice(_LETTERS[kind])
            for size, kind in _PART.findall(self._structures[country])
            for _ in range(int(size))
        )
        text = country + stdnum_iban.calc_check_digits(f"{country}00{bban}") + bban
        if rng.random() < 0.15:
            text = text.lower()
        sizes = [4] * len(text)
        if rng.random() < 0.08:
            sizes, name = [2, 2, *sizes], "compact after country"
        written, name = number_writing(text, sizes, rng)
        return SecretValue(SensitiveKind.IBAN, written, f"{country}, {name}")


def _number(rng: Random, size: int) -> str:
    return str(rng.randrange(1, 10)) + "".join(str(rng.randrange(10)) for _ in range(size - 1))


def routing_number(rng: Random) -> str:
    """Draw a routing number of the American Bankers Association, with its check digit."""
    body = f"{rng.choice((1, 2, 3, 6, 7, 11, 12, 26, 31, 32)):02}{rng.randrange(10**6):06}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return f"{body}{-total % 10}"


def sort_code(rng: Random) -> str:
    """Draw a sort code of the United Kingdom."""
    return "-".join(f"{rng.randrange(10, 90):02}" for _ in range(3))


def ifsc(rng: Random) -> str:
    """Draw an Indian Financial System Code."""
    return f"{rng.choice(('HDFC', 'ICIC', 'SBIN', 'UTIB', 'KKBK', 'PUNB'))}0{rng.randrange(10**6):06}"


def clabe(rng: Random) -> str:
    """Draw a Mexican CLABE, with its check digit."""
    body = f"{rng.choice(('002', '012', '014', '021', '072'))}{_number(rng, 14)}"
    total = sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6, strict=False))
    return f"{body}{-total % 10}"


def account(rng: Random) -> SecretValue:
    """Draw an account with its bank's number as one country writes them, or a number that words announce."""
    form = rng.randrange(12)
    phrase = key = None
    if form == 0:
        text, phrase, key = (
            routing_number(rng),
            rng.choice(("routing number {}", "ABA {}", "routing no. {}", "RTN: {}")),
            "routing_number",
        )
    elif form == 1:
        text, phrase = f"{sort_code(rng)} {_number(rng, 8)}", rng.choice(("sort code and account {}", "sort code {}"))
        key = "Sort code and account"
    elif form == 2:
        text, phrase, key = ifsc(rng), rng.choice(("IFSC {}", "IFSC code: {}")), "ifsc"
    elif form == 3:
        text, phrase, key = clabe(rng), rng.choice(("CLABE {}", "mi CLABE es {}")), "clabe"
    elif form == 4:
        text = f"{rng.randrange(100, 1000)}-{rng.randrange(100, 1000)}"
        phrase, key = rng.choice(("BSB {}", "BSB: {}", "bsb number {}")), "bsb"
    elif form == 5:
        text = f"{_number(rng, 4)} {_number(rng, 4)} {_number(rng, 2)} {_number(rng, 10)}"
        phrase, key = rng.choice(("número de cuenta {}", "CCC {}", "cuenta bancaria: {}")), "cuenta"
    elif form == 6:
        text = f"{_number(rng, 4)} / {_number(rng, 5)}-{rng.randrange(10)}"
        phrase, key = rng.choice(("agência e conta {}", "agência/conta: {}", "conta corrente {}")), "conta"
    else:
        return _announced(rng)
    return SecretValue(SensitiveKind.ACCOUNT, alnum(text), phrase.split("{}")[0].strip(" :"), phrase, key)


def _announced(rng: Random) -> SecretValue:
    text = _number(rng, rng.choice((8, 9, 10, 10, 11, 12, 14)))
    if rng.random() < 0.7:
        return SecretValue(SensitiveKind.ACCOUNT, whole(text), f"{len(text)} digits")
    size, separator = rng.choice((3, 4)), rng.choice((" ", "-"))
    return SecretValue(
        SensitiveKind.ACCOUNT, grouped(text, [size] * 6, separator), f"{len(text)} digits, groups of {size}"
    )


UPI_HANDLES = (
    "okaxis",
    "oksbi",
    "okhdfcbank",
    "okicici",
    "ybl",
    "ibl",
    "axl",
    "paytm",
    "upi",
    "apl",
    "yapl",
    "sbi",
    "icici",
    "hdfcbank",
    "axisbank",
    "kotak",
    "pnb",
    "idfcbank",
    "ptsbi",
    "ptaxis",
    "pthdfc",
    "ptyes",
    "waaxis",
    "wahdfcbank",
    "wasbi",
    "freecharge",
    "airtel",
    "federal",
    "indus",
    "jupiteraxis",
    "fam",
    "slice",
    "timecosmos",
    "yesbank",
    "rbl",
    "barodampay",
)
"""Names of payment service providers that the National Payments Corporation of India lists."""


def upi(rng: Random) -> SecretValue:
    """Draw a virtual payment address."""
    name = rng.choice(("asha", "ravi.k", "p-mehta", "sunil_21", "meena", "dev.anand"))
    name = rng.choice((f"{name}{rng.randrange(100)}", f"{rng.choice('6789')}{rng.randrange(10**9):09}", name))
    sign = rng.choice(("@",) * 12 + (" @ ", "@ ", "\uff20"))
    if " " in sign and not any(map(str.isdigit, name)):
        name += str(rng.randrange(100))  # a word before a spaced sign is no name: "coins @ paytm"
    handle = rng.choice(UPI_HANDLES)
    pieces = (*whole(name), *((one, one.strip() != "") for one in sign), *whole(handle))
    return SecretValue(SensitiveKind.UPI, pieces, f"sign {sign!a}")
