"""Links of feedback: signed, so that nobody votes about what was not received, and valid for a limited time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from alerts.errors import FeedbackLinkExpired, FeedbackLinkInvalid
from alerts.settings import AlertSettings
from models.clock import Clock
from models.feedback import FeedbackVerdict

PATH = "/feedback/"
"""Path of the console below which the links are; an incoming GET only shows a form, so that scanners of mail do not vote."""

_SALT = "groundswell.feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackItem:
    """What a reader may vote about; see `models.feedback.FeedbackVote`."""

    subject: str
    audience: str
    rule: str
    theme_id: int | None = None

    @property
    def token(self) -> str:
        """Name of what is voted about and of who received it: a later vote replaces an earlier one."""
        return sha256(f"{self.audience}\n{self.subject}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedbackRequest:
    """What a valid link asks for."""

    item: FeedbackItem
    verdict: FeedbackVerdict


class FeedbackLinks:
    """Makes and reads links.

    Parameters
    ----------
    address: public address of the console, such as `https://groundswell.example.com`.
    key: secret of the signature (HMAC-SHA1 by `itsdangerous`), the same in all processes.
    lifetime: how long a link is valid. clock: the wall clock.
    """

    def __init__(self, *, address: str, key: bytes, lifetime: timedelta, clock: Clock) -> None:
        self._address = address.rstrip("/")
        self._signed = URLSafeSerializer(key, salt=_SALT)
        self._lifetime, self._clock = lifetime, clock

    @classmethod
    def of(cls, settings: AlertSettings, key_file: Path | None, clock: Clock) -> FeedbackLinks | None:
        """Return what the settings ask for, with the key in `key_file` where they have none.

        None where no address of the console is set, or there is no key.
        """
        if not settings.console_url:
            return None
        if settings.feedback_key is not None:
            key = settings.feedback_key.get_secret_value().encode()
        elif key_file is not None and key_file.is_file():
            key = key_file.read_bytes()
        else:
            return None
        return cls(address=settings.console_url, key=key, lifetime=settings.feedback_lifetime, clock=clock)

    def links(self, item: FeedbackItem) -> Mapping[FeedbackVerdict, str]:
        """Return the address of each verdict about an item."""
        until = int((self._clock() + self._lifetime).timestamp())
        about = [item.subject, item.audience, item.rule, item.theme_id]
        return {
            verdict: f"{self._address}{PATH}{self._text([*about, verdict.value, until])}" for verdict in FeedbackVerdict
        }

    def read(self, token: str) -> FeedbackRequest:
        """Read the last part of a link's path.

        Raises `FeedbackLinkInvalid` for what was not signed with the key, and `FeedbackLinkExpired`.
        """
        try:
            subject, audience, rule, theme_id, verdict, until = self._signed.loads(token)
            request = FeedbackRequest(
                FeedbackItem(subject=subject, audience=audience, rule=rule, theme_id=theme_id), FeedbackVerdict(verdict)
            )
        except (BadData, ValueError, TypeError) as error:
            raise FeedbackLinkInvalid from error
        if self._clock().timestamp() > until:
            raise FeedbackLinkExpired(datetime.fromtimestamp(until, UTC))
        return request

    def _text(self, values: list[Any]) -> str:
        return str(self._signed.dumps(values))
