"""Requesters: the writings of one address or telephone number become one text, and that text a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from contextlib import suppress
from urllib.parse import unquote

_SCHEME = re.compile(r"(?:mailto|tel|sms|whatsapp|sip|callto):(?://)?", re.IGNORECASE)
_NAMED = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>[\s;,]*")
_COMMENTED = re.compile(r"([^\s()]+@[^\s()]+)\s+\([^()]*\)")
"""`ana@example.com (Ana Gomez)`: the older form of RFC 822."""

_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PHONE = re.compile(r"\+?[0-9 ().\-/\t]{7,32}")
_QUOTES = " \t\r\n\"'`\u201c\u201d\u2018\u2019;,"
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
"""Google documents that both names are one, and that dots and what follows a plus do not count. No other provider is known to do so."""


def requester_hash(text: str, key: bytes, region: str | None = None) -> str:
    """Hash a requester: HMAC-SHA-256 (RFC 2104) of the normalized text, cut to 128 bits, 32 hexadecimal characters.

    Parameters
    ----------
    text: who wrote, as an event has it: an address with or without a display name, a telephone number, an id, or a name.
    key: the requesters' key; it never changes.
    region: ISO 3166 code of the country whose national telephone numbers are meant; None where numbers of several are.
    """
    return keyed_hash(normalized_requester(text, region), key)


def requester_hashes(text: str, key: bytes, region: str | None = None) -> tuple[str, ...]:
    """Return all hashes that a requester may be stored under, the present one first.

    Until revision 0007 the text was hashed as it was received, so that a person had a hash for each writing of the address.
    """
    plain = " ".join(text.split())
    address = normalized_requester(text, region)
    earlier = (text, text.strip(), plain, plain.lower(), address, f"mailto:{address}")
    return tuple(dict.fromkeys([requester_hash(text, key, region), *(keyed_hash(one, key) for one in earlier)]))


def keyed_hash(text: str, key: bytes) -> str:
    """Hash a text as requesters are hashed: nobody without the key can find out which text it was, however short it is."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def normalized_requester(text: str, region: str | None = None) -> str:
    """Return the text that stands for all writings of a requester.

    Addresses lose their display name, `mailto:`, percent-encoding and case; those of Gmail also dots and what follows a plus.
    Telephone numbers that name their country, or are of `region`, are written in E.164. Other texts keep their case, since ids of
    some systems differ by it; spaces and compatible characters (NFKC) count as one.
    """
    plain = _compatible(text)
    bare = _bare(plain)
    if _ADDRESS.fullmatch(bare):
        return _mailbox(_address(bare))
    return _phone(bare, region) or plain


def bare_requester(text: str) -> str | None:
    """Return the address (in lower case) or the international telephone number (E.164) that a text is; None for other texts."""
    bare = _bare(_compatible(text))
    return _address(bare) if _ADDRESS.fullmatch(bare) else _phone(bare, None)


def _compatible(text: str) -> str:
    if text.isascii():
        return " ".join(text.split())
    visible = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def _bare(text: str) -> str:
    """Return an address or number without what mail programs and links write around it."""
    for pattern in (_NAMED, _COMMENTED):
        if (found := pattern.fullmatch(text)) and ("@" in found[1] or "%40" in found[1]):
            text = found[1]
    text = text.strip(_QUOTES)
    scheme = _SCHEME.match(text)
    if scheme or "%40" in text or text.lower().startswith(("mailto%3a", "tel%3a")):
        text = unquote(text)
        scheme = _SCHEME.match(text)
    if scheme:
        text = text[scheme.end() :].partition("?")[0].partition(";")[0]
    return text.strip(_QUOTES)


def _address(text: str) -> str:
    local, _, domain = text.casefold().rpartition("@")
    domain = domain.rstrip(".")
    if not domain.isascii():
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}@{domain}"


def _mailbox(address: str) -> str:
    """Return the address that the provider delivers to; only what it documents counts."""
    local, _, domain = address.rpartition("@")
    if domain not in _GMAIL:
        return address
    return f"{local.partition('+')[0].replace('.', '') or local}@gmail.com"


def _phone(text: str, region: str | None) -> str | None:
    """Return a telephone number in E.164; None for what is none for certain."""
    if not _PHONE.fullmatch(text):
        return None
    # Digits alone are an id, unless they begin with the prefix of international or national calls.
    international = re.sub(r"^00(?=[1-9 ])", "+", text)
    national = region is not None and (text.startswith("0") or not text.isdigit())
    if not international.startswith("+") and not national:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(international, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
