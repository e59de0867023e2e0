"""Addresses of a connection are replaced, numbers of versions stay."""

from __future__ import annotations

import pytest

from models.redaction import SensitiveKind, redact
from tests.harness.marked import only, replaced, secrets_of, unmarked

FOUND = [
    "my IP is ⟦203.0.113.7⟧",
    "IP: ⟦192.168.0.12⟧",
    "login from ⟦198.51.100.23⟧ in Berlin",
    "⟦203.0.113.7⟧",
    "http://⟦203.0.113.7⟧:8080/path",
    "https://⟦203.0.113.7⟧/pay",
    "⟦203.0.113.0⟧/24",
    "IP address ⟦8.8.8.8⟧.",
    "(⟦10.0.0.1⟧)",
    "⟦192.0.2.1⟧:443",
    "⟦203[.]0[.]113[.]7⟧",
    "IP ⟦203.000.113.007⟧",
    "⟦2001:db8::8a2e:370:7334⟧",
    "⟦2001:0db8:85a3:0000:0000:8a2e:0370:7334⟧",
    "IPv6 ⟦fe80::1ff:fe23:4567:890a⟧",
    "[⟦2001:db8::1⟧]:443",
    "⟦::ffff:203.0.113.7⟧",
    "login ⟦2a02:8108:8ac0:4b00::1234⟧ blocked",
    "⟦fd12:3456:789a:1::1⟧",
    "dirección IP ⟦203.0.113.9⟧",
    "IP-Adresse: ⟦203.0.113.9⟧",
    "мой IP ⟦203.0.113.9⟧",
    "IP地址⟦203.0.113.9⟧",
    "app 38.1.0 on ⟦192.168.100.200⟧",
    "since the update I log in from IP ⟦203.0.113.9⟧",
    "⟦2001:DB8:0:0:8:800:200C:417A⟧",
]
KEPT = [
    "version 38.1.0.2",
    "v1.2.3.4",
    "v 1.2.3.4",
    "build 10.0.19045.3693",
    "app 38.1.0.2 crashes",
    "Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11) Chrome/120.0.6.9",
    "iOS app version is 38.1.0.2",
    "updated to 17.4.1.2",
    "section 4.1.2.3",
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104
    "255.255.255.0",
    "1.2.3",
    "1.2.3.4.5",
    "300.1.2.3",
    "at 12:30:45",
    "std::cout",
    "a::b",
    "::1",
    "::",
    "1::2",
    "2026-11-20T10:11:12",
    "00:1A:2B:3C:4D:5E",
    "firmware 1.0.4.12",
    "Android 14, Build 1.2.3.4",
    "версия 1.2.3.4",
    "版本 38.1.0.2",
    "38.1.0.2 version",
    "1.000.000.000",
    "12.345.678.901",
    "SDK 3.2.1.0",
    "ratio 2001:3",
    "12.11.20.26.3",
    "3001:1",
    "Rp 100.250.100.200",
    "100.250.100.200 VND",
    "100.000.000.000",
]


@pytest.mark.parametrize("text", FOUND)
def test_ip_addresses_are_found(text: str) -> None:
    """Addresses of version 4 and 6 go, alone, in URLs, with ports and in a way that nobody follows them."""
    assert only(SensitiveKind.IP).redact(unmarked(text)).text == replaced(text, SensitiveKind.IP)
    redacted = redact(unmarked(text)).text
    assert not [secret for secret in secrets_of(text) if secret in redacted]


@pytest.mark.parametrize("text", KEPT)
def test_what_resembles_ip_addresses_stays(text: str) -> None:
    """Versions, sections, times, amounts, loopback addresses and netmasks stay."""
    assert only(SensitiveKind.IP).redact(text).text == text
