"""Addresses of the Internet Protocol, which identify a person's connection (GDPR, recital 30)."""

from __future__ import annotations

import ipaddress
import re

from models.redaction.recognizers.lowering import lowered
from models.redaction.span import Span, without_overlaps

_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\])"
"""A dot, also as reports of attacks write it so that nobody follows the address."""

_V4 = re.compile(
    rf"(?<![0-9A-Za-z_.\-])[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}(?![0-9A-Za-z_]|[.\-][0-9A-Za-z]|{_DOT}[0-9])"
)
_V4_PARTS = re.compile(r"[0-9]+")
_V6 = re.compile(
    r"(?<![0-9A-Za-z_.])(?<![0-9A-Fa-f:]:)(?=::|[0-9A-Fa-f]{1,4}:)[0-9A-Fa-f:]{6,39}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![0-9A-Za-z_]|:[0-9A-Fa-f]{1,4}(?![0-9A-Za-z])|\.[0-9])"
)
_V6_GROUPS = re.compile(
    r"[23][0-9a-f]{3}:|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|::ffff:|64:ff9b:", re.IGNORECASE
)
"""The beginnings of addresses in use (IANA, IPv6 Address Space): other colons between hexadecimal digits are no address."""

_PREFIX_LENGTH = re.compile(r"/(?:[12]?[0-9]|3[0-2])(?![0-9.])")
_REACH = 40
_ADDRESS_WORD = re.compile(
    r"(?<![a-z])(?:ips?|ip[- ]?(?:v4|v6)?|(?:[a-z]{1,20}_)+(?:ip|addr|address)|ipv[46]|address|adress\w*|adresse"
    r"|dirección|endereço|host|server|login"
    r"|logged|from|dns|gateway|router|vpn|proxy|ping)(?![a-z])"
)
_VERSION_WORD = re.compile(
    r"(?<![a-z])(?:v|ver|vers|version(?:en|s|es)?|versión|versão|versione|versi|wersja|sürüm|build|release|rel|rev"
    r"|revision|patch|hotfix|update[ds]?|upgrade[ds]?|app|sdk|api"
    r"|firmware|fw|driver|bios|kernel|ios|ipados|macos|android|windows|linux|chrome|chromium|firefox|safari|edge"
    r"|opera|webview|samsung browser|office"
    r"|plugin|launcher|game|section|sections|chapter|clause|article|paragraph|para|step|item|figure|fig"
    r"|table|abschnitt|kapitel|oid|asn\.1)(?![a-z])"
    r"|верси\w*|сборк\w*|обновлени\w*|版本|バージョン|버전|संस्करण|الإصدار|إصدار|§"
)
_PRODUCT = re.compile(r"[A-Za-z][\w.+]{0,30}[/_]\Z")
_CURRENCY = r"[$€£¥₹₫₺₩]|rp|idr|cop|vnd|vnđ|clp|pyg|usd|eur|krw|irr|iqd|đ"
_CURRENCY_BEFORE = re.compile(rf"(?:{_CURRENCY})\.?\s?\Z")
_CURRENCY_AFTER = re.compile(rf"\s?(?:{_CURRENCY})(?![a-z])")
_SENTENCE = re.compile(r"(?<![^a-z]v)(?<!ver)(?<!vers)(?<!rev)(?<!rel)[.!?]\s+")
_VERSION_AFTER = re.compile(r"\W{0,3}(?:version|build|release|update|beta|alpha|rc\d|バージョン|版本)", re.IGNORECASE)


def ip_spans(view: str) -> list[Span]:
    """Find addresses of version 4 and 6.

    Loopback, unspecified and broadcast addresses and netmasks stay, as do numbers of versions and sections. A private
    address is replaced: it may tell apart the members of a household.
    """
    spans: list[Span] = []
    if view.count(".") > 2:
        lower = lowered(view)
        spans += [match.span() for match in _V4.finditer(view) if _is_v4(match[0]) and not _is_version(lower, match)]
    if view.count(":") > 1:
        spans += [match.span() for match in _V6.finditer(view) if _is_v6(match[0])]
    return without_overlaps(spans)


def _is_v4(text: str) -> bool:
    parts = _V4_PARTS.findall(text)
    # Some logs fill every number up with zeros, which `ipaddress` refuses because C reads them as octal.
    is_filled = all(len(part) == 3 for part in parts) and int(parts[-1]) > 0
    if not is_filled and any(len(part) > 1 and part[0] == "0" for part in parts):
        return False
    numbers = [int(part) for part in parts]
    return max(numbers) < 256 and numbers[0] not in (0, 255) and numbers[:2] != [127, 0]


def _is_v6(text: str) -> bool:
    if not _V6_GROUPS.match(text):
        return False
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


def _is_version(lower: str, match: re.Match[str]) -> bool:
    """Return whether four numbers are those of a version or section, by the nearest word before them or the one after them."""
    before = lower[max(0, match.start() - _REACH) : match.start()].rpartition("\n")[2]
    if before.endswith("//") or _PREFIX_LENGTH.match(lower, match.end()):
        return False
    if _PRODUCT.search(before) or _VERSION_AFTER.match(lower, match.end()):
        return True
    if _CURRENCY_BEFORE.search(before) or _CURRENCY_AFTER.match(lower, match.end()):
        return True
    before = _SENTENCE.split(before)[-1]
    # A word before another number is about that number.
    before = _V4_PARTS.split(before)[-1]
    words = [found.end() for found in _VERSION_WORD.finditer(before)]
    addresses = [found.end() for found in _ADDRESS_WORD.finditer(before)]
    return bool(words) and max(words) > max(addresses, default=0)
