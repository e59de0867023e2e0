"""What can go wrong with the console.

ConsoleError
├── AddressUnavailableError
├── CertificateUnusable
└── ListeningUnsafe
"""

from __future__ import annotations

from pathlib import Path


class ConsoleError(Exception):
    """Base of them all; its text is one sentence for a person."""


class AddressUnavailableError(ConsoleError):
    """The console cannot listen at the address that was asked for."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.host, self.port = host, port
        super().__init__(
            f"the console cannot listen on {host} port {port} ({error.strerror or error}); "
            "stop what listens there, or choose another host or port"
        )


class CertificateUnusable(ConsoleError):
    """The files of the certificate and its key cannot be read, or do not belong together."""

    def __init__(self, certificate: Path, key: Path, error: OSError) -> None:
        super().__init__(
            f"the console cannot use the certificate {certificate} with the key {key} ({error.strerror or error}); "
            "console.tls_certificate and console.tls_key must name PEM files that belong together, the key without a password"
        )


class ListeningUnsafe(ConsoleError):
    """The console would be reachable from elsewhere without people who sign in, or without TLS."""

    def __init__(self, host: str, *, people: bool) -> None:
        lacking = "TLS" if people else "people who sign in"
        remedy = (
            "set console.tls_certificate and console.tls_key, or console.trusted_proxies for a proxy that ends TLS"
            if people
            else 'set console.sign_in = "people", and TLS or trusted proxies'
        )
        super().__init__(
            f"received the address {host}, which is reachable from other machines, without {lacking}; {remedy}, "
            "or listen on 127.0.0.1"
        )
