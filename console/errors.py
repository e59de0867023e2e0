"""What can go wrong with the console.

ConsoleError
└── AddressUnavailableError
"""

from __future__ import annotations


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
