"""Payment cards (ISO/IEC 7812), their magnetic tracks (ISO/IEC 7813), and the codes and dates that belong to them."""

from __future__ import annotations

from random import Random

from stdnum import luhn

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, alnum, whole
from models.redaction.scorecard.writing import DIGITS, SEPARATORS, USUAL, grouped, in_script, number_writing

BRANDS: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...] = (
    ("Visa", ("4",), (16, 16, 16, 13, 19)),
    ("Mastercard", ("51", "52", "53", "54", "55", "2221", "2299", "2300", "2450", "2700", "2720"), (16,)),
    ("American Express", ("34", "37"), (15,)),
    ("Discover", ("6011", "644", "649", "65"), (16, 16, 19)),
    ("Diners Club", ("300", "305", "36", "38", "39", "3095"), (14, 14, 16, 19)),
    ("JCB", ("3528", "3550", "3589"), (16, 16, 19)),
    ("UnionPay", ("620", "621", "622", "623", "625", "628"), (16, 17, 18, 19)),
    ("Maestro", ("5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763"), (12, 13, 14, 15, 16, 17, 18, 19)),
    ("Mir", ("2200", "2202", "2204"), (16, 17, 18, 19)),
    ("RuPay", ("508", "606", "607", "608", "652", "6521", "817", "818", "82"), (16,)),
    ("Elo", ("401178", "438935", "451416", "506699", "509000", "627780", "636297", "650031"), (16,)),
    ("Hipercard", ("606282",), (16,)),
    ("Troy", ("9792",), (16,)),
    ("Verve", ("506099", "506150", "650010"), (16, 18, 19)),
    ("Dankort", ("5019",), (16,)),
    ("InterPayment", ("636",), (16, 17, 18, 19)),
    ("Uzcard", ("8600", "5614"), (16,)),
    ("Humo", ("9860",), (16,)),
)  # fmt: skip
"""Brand, beginnings of its numbers (registered issuer ranges), and lengths, the usual ones more often."""

LAYOUTS = {
    12: (4, 4, 4),
    13: (4, 3, 3, 3),
    14: (4, 6, 4),
    15: (4, 6, 5),
    16: (4, 4, 4, 4),
    17: (4, 4, 4, 5),
    18: (6, 6, 6),
    19: (4, 4, 4, 4, 3),
}
NAMES = ("DOE/JOHN", "ROE/RICHARD MR", "SMITH/A.B", "PUBLIC/JANE Q", "MUSTER/ERIKA", "GARCIA LOPEZ/ANA")


def card_number(rng: Random) -> tuple[str, str]:
    """Draw a brand and one of its numbers, with its check digit."""
    brand, beginnings, lengths = rng.choice(BRANDS)
    beginning, length = rng.choice(beginnings), rng.choice(lengths)
    body = beginning + "".join(str(rng.randrange(10)) for _ in range(length - len(beginning) - 1))
    return brand, body + luhn.calc_check_digit(body)


def card(rng: Random, *, rare: bool = True) -> SecretValue:
    """Draw a card number in one of many writings."""
    brand, digits = card_number(rng)
    sizes = (6, 13) if len(digits) == 19 and rng.random() < 0.3 else LAYOUTS[len(digits)]
    written, name = number_writing(digits, sizes, rng, rare=rare)
    return SecretValue(SensitiveKind.CARD, written, f"{brand}, {len(digits)} digits, {name}")


def emv(rng: Random) -> SecretValue:
    """Draw a card number as terminals log it: tag 5A, its length and the digits, padded to whole bytes (EMV 4.3 Book 3)."""
    _, digits = card_number(rng)
    padded = digits + "F" * (len(digits) % 2)
    apart = rng.choice(("", "", " "))
    pairs = [padded[at : at + 2] for at in range(0, len(padded), 2)]
    pieces = [(f"5A{apart}{len(pairs):02X}", False)]
    for pair in pairs:
        pieces += [(apart, False)] * bool(apart) + [(sign, sign != "F") for sign in pair]
    return SecretValue(SensitiveKind.CARD, tuple(pieces), "EMV tag", "TLV {}", "emv")


def track(rng: Random) -> SecretValue:
    """Draw the data of track 1 or 2 as terminals log them; readers may leave out sentinels."""
    _, digits = card_number(rng)
    expiry = f"{rng.randrange(24, 33):02}{rng.randrange(1, 13):02}"
    service = rng.choice(("101", "121", "201", "221", "120"))
    private = "".join(str(rng.randrange(10)) for _ in range(rng.choice((0, 8, 10, 13))))
    if rng.random() < 0.5:
        text = f"%B{digits}^{rng.choice(NAMES)}^{expiry}{service}{private}?"
        return SecretValue(SensitiveKind.TRACK, alnum(text), "track 1", "swiped {}", "track1")
    mark = rng.choice(("=", "=", "D"))
    text = f"{digits}{mark}{expiry}{service}{private}"
    text = text if rng.random() < 0.3 and mark == "=" else f";{text}?" if mark == "=" else f"{text}F"
    return SecretValue(SensitiveKind.TRACK, alnum(text), f"track 2, {mark}", "track data {}", "track2")


def security_code(rng: Random) -> SecretValue:
    """Draw a security code of three digits, or four as American Express prints."""
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((3, 3, 3, 4))))
    draw = rng.random()
    if draw < 0.9:
        return SecretValue(SensitiveKind.CVV, whole(digits))
    if draw < 0.95:
        return SecretValue(SensitiveKind.CVV, grouped(digits, [1] * 4, rng.choice((" ", "-"))), "each digit")
    script = rng.choice(list(DIGITS))
    return SecretValue(SensitiveKind.CVV, in_script(whole(digits), script), f"{script} digits")


def expiry_date(rng: Random) -> SecretValue:
    """Draw the month and year until which a card is valid."""
    month, year = rng.randrange(1, 13), rng.randrange(2025, 2034)
    name, text = rng.choice((
        ("mm/yy", f"{month:02}/{year % 100}"), ("mm/yy", f"{month:02}/{year % 100}"), ("mm/yyyy", f"{month:02}/{year}"),
        ("mm-yy", f"{month:02}-{year % 100}"), ("mm yy", f"{month:02} {year % 100}"), ("m/yy", f"{month}/{year % 100}"),
        ("mm / yy", f"{month:02} / {year % 100}"), ("mmyy", f"{month:02}{year % 100}"), ("mm.yyyy", f"{month:02}.{year}"),
        ("yyyy-mm", f"{year}-{month:02}"),
    ))  # fmt: skip
    return SecretValue(SensitiveKind.EXPIRY, alnum(text), name)


def pin(rng: Random) -> SecretValue:
    """Draw a personal identification number of four to six digits (ISO 9564).

    One of six digits begins with 0 or 9: others may be the postal code of an address in India, which is called a PIN code.
    """
    size = rng.choice((4, 4, 4, 5, 6))
    digits = (rng.choice("09") if size == 6 else "") + "".join(
        str(rng.randrange(10)) for _ in range(size - (size == 6))
    )
    if rng.random() < 0.93:
        return SecretValue(SensitiveKind.PIN, whole(digits))
    if rng.random() < 0.5:
        return SecretValue(SensitiveKind.PIN, grouped(digits, [1] * 6, " "), "each digit")
    script = rng.choice(list(DIGITS))
    return SecretValue(SensitiveKind.PIN, in_script(whole(digits), script), f"{script} digits")


def glued(rng: Random) -> SecretValue:
    """Draw a card followed by its expiry and code without words, as people copy them."""
    _, digits = card_number(rng)
    separator = rng.choice((" ", "|", "/", "-", ", ", "\n"))
    usual = SEPARATORS[rng.choice(USUAL)]
    month, year = rng.randrange(1, 13), rng.randrange(25, 34)
    date = rng.choice((f"{month:02}/{year}", f"{month:02}{separator}{year}", f"{month:02}/20{year}"))
    code = "".join(str(rng.randrange(10)) for _ in range(4 if len(digits) == 15 else 3))
    name = f"glued by {separator!a}"
    return SecretValue(
        SensitiveKind.CARD,
        grouped(digits, LAYOUTS[len(digits)], usual if usual != separator else ""),
        name,
        followed_by=(
            (separator, SecretValue(SensitiveKind.EXPIRY, alnum(date), name)),
            (separator, SecretValue(SensitiveKind.CVV, whole(code), name)),
        ),
    )
