"""What can go wrong with a pull.

SourceError
└── PullError
    ├── PullUnconfigured
    ├── PullAddressInvalid
    ├── PullUnauthorized
    ├── PullRefused
    └── PullUnanswered
"""

from __future__ import annotations

from models.redaction import quoted
from stream.errors import SourceError


class PullError(SourceError):
    """Base of them all; its text is one sentence for a person, without a token."""


class PullUnconfigured(PullError):
    """A setting that the pull needs is missing."""

    def __init__(self, system: str, missing: str) -> None:
        super().__init__(
            f"the setting pull.{system}.{missing} is missing; set it in groundswell.toml, or as "
            f"GROUNDSWELL_PULL__{system.upper()}__{missing.upper()} in the environment"
        )


class PullAddressInvalid(PullError):
    """The address of the system is none of the web."""

    def __init__(self, system: str, site: str) -> None:
        super().__init__(
            f"received pull.{system}.url = {quoted(site)}; valid is an address that begins with https://, without a "
            "user, such as https://acme.example.com"
        )


class PullUnauthorized(PullError):
    """The system does not accept the token."""

    def __init__(self, system: str, site: str, status: int) -> None:
        super().__init__(
            f"{site} answered {status}: it does not accept the user and token of pull.{system}, which may be wrong, expired or without "
            f"the right to read tickets; make a new token and set GROUNDSWELL_PULL__{system.upper()}__TOKEN"
        )


class PullRefused(PullError):
    """The system refuses the request, and the same again will be refused again."""

    def __init__(self, site: str, path: str, status: int) -> None:
        self.status = status
        super().__init__(f"{site} answered {status} to {path}; check the address and the settings of the pull")


class PullUnanswered(PullError):
    """The system did not answer, or not with what it documents; the same again may succeed."""

    def __init__(self, site: str, path: str, why: str, wait: float | None = None) -> None:
        self.wait, self.why = wait, why
        super().__init__(
            f"{site} did not answer {path} ({why}); what was pulled is stored, and the same command continues"
        )
