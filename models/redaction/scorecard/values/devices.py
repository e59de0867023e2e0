"""Addresses of the network, and numbers that name one device or one subscription."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from random import Random
from uuid import UUID

from stdnum import luhn

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, alnum
from models.redaction.scorecard.writing import grouped

Maker = tuple[str, tuple[str, ...], str, tuple[tuple[str, bool], ...]]


def ip(rng: Random) -> SecretValue:
    """Draw an address of version 4, or of version 6 in one of the forms of RFC 4291."""
    form = rng.choice(("4", "4", "4", "4 with port", "6", "6 full", "6 in brackets", "4 in 6", "4/length"))
    first = rng.choice([one for one in range(11, 223) if one != 127])  # 127 is the machine itself
    four = str(IPv4Address((first << 24) + rng.randrange(1 << 24)))
    six = IPv6Address(rng.randrange(0x2000 << 112, 0x3FFF << 112) & ~(0xFFFF << rng.choice((16, 32, 48, 64))))
    text = {
        "4": four, "4 with port": f"{four}:{rng.randrange(1024, 65535)}", "6": str(six), "6 full": six.exploded,
        "6 in brackets": f"[{six}]:443", "4 in 6": f"::ffff:{four}", "4/length": f"{four}/{rng.randrange(8, 33)}",
    }[form]  # fmt: skip
    value = text.split("]")[0]
    value = value.split("/")[0] if form == "4/length" else value.rsplit(":", 1)[0] if form == "4 with port" else value
    mapped = len("::ffff:") if form == "4 in 6" else 0  # the prefix of mapped addresses says nothing
    pieces = (
        *((sign, False) for sign in text[:mapped]),
        *alnum(value[mapped:]),
        *((sign, False) for sign in text[len(value) :]),
    )
    return SecretValue(SensitiveKind.IP, pieces, f"version {form}")


def device(rng: Random) -> SecretValue:
    """Draw an id of a device with the name of its kind."""
    name, keys, text, written = rng.choice((_imei, _imsi, _iccid, _mac, _advertising, _android, _apple))(rng)
    key = rng.choice(keys)
    phrase = rng.choice((f"{key}: {{}}", f"my {key} is {{}}", f"{key} {{}}", f"{key}={{}}"))
    return SecretValue(SensitiveKind.DEVICE, written or alnum(text), name, phrase, key)


def _digits(rng: Random, number: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(number))


def _imei(rng: Random) -> Maker:
    body = rng.choice(("35", "86", "01")) + _digits(rng, 12)
    text = body + luhn.calc_check_digit(body)
    return "IMEI", ("IMEI", "imei", "IMEI number"), text, grouped(text, (2, 6, 6, 1), rng.choice(("", "", "-", " ")))


def _imsi(rng: Random) -> Maker:
    return "IMSI", ("IMSI", "imsi"), rng.choice(("310150", "26201", "40445", "72402")) + _digits(rng, 9), ()


def _iccid(rng: Random) -> Maker:
    body = rng.choice(("8901", "8949", "8991", "8955")) + _digits(rng, 14)
    text = body + luhn.calc_check_digit(body)
    return "ICCID", ("ICCID", "SIM number", "iccid"), text, grouped(text, (4,) * 5, rng.choice(("", " ")))


def _mac(rng: Random) -> Maker:
    separator = rng.choice((":", ":", "-"))
    text = separator.join(f"{rng.randrange(256):02x}" for _ in range(6))
    text = rng.choice((text, text.upper()))
    return "MAC address", ("MAC", "MAC address", "mac", "wifi mac"), text, ()


def _uuid(rng: Random) -> str:
    text = str(UUID(int=rng.getrandbits(128), version=4))
    return rng.choice((text, text.upper()))


def _advertising(rng: Random) -> Maker:
    return "advertising id", ("IDFA", "GAID", "advertising id", "AAID", "advertisingId", "idfv"), _uuid(rng), ()


def _android(rng: Random) -> Maker:
    return (
        "Android id",
        ("android_id", "Android ID", "device id", "deviceId", "device_id"),
        f"{rng.getrandbits(64):016x}",
        (),
    )


def _apple(rng: Random) -> Maker:
    old = f"{rng.getrandbits(160):040x}"
    return (
        "UDID",
        ("UDID", "udid", "device UDID"),
        rng.choice((old, f"0000{rng.choice(('8030', '8101', '8110'))}-00{rng.getrandbits(56):014X}")),
        (),
    )
