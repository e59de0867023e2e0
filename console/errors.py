"""What can go wrong with the console.

ConsoleError
├── AddressUnavailableError
└── FormTooLargeError
"""

from __future__ import annotations


class ConsoleError(Exception):
    """Base of them all; its text is one sentence for a person."""


class AddressUnavailableError(ConsoleError):
    """The console cannot listen where it was told to."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.host, self.port = host, port
        super().__init__(
            f"the console cannot listen on {host} port {port} ({error.strerror or error}); "
            "stop what listens there, or choose another host or port"
        )


class FormTooLargeError(ConsoleError):
    """More was sent than any form of ours holds."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"Received a form of more than {limit:,} bytes; send a shorter one.")
