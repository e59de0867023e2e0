"""Which addresses a channel may connect to: not those of the own network, unless that is allowed.

An address in a channel's settings that leads to a metadata service or an internal page would send tickets there (server-side request
forgery, OWASP).
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

_NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of version 4 that a gateway translates (RFC 6052)."""


class AddressRefused(Exception):
    """The host is none that may be connected to."""


@dataclass(frozen=True, slots=True)
class HostAddress:
    """What a request needs in addition where its address was looked up before: the name of the host."""

    headers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


def allowed_address(host: str, port: int) -> str:
    """Look a host up and return its first address. Raises `AddressRefused` where any of its addresses is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("the host of its address is not known; check the address of the channel") from error
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused(
            "its address is in a private network; set allow_private = true for the channel if the receiver is your own"
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Return whether an address is one of the public internet."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        # An address of version 4 in one of version 6 leads where that one does.
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            parsed = inner
        elif parsed in _NAT64:
            parsed = IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.is_global and not parsed.is_multicast
