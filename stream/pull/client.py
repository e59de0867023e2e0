"""The HTTP client of a pull: authentication, rate limit, back-off, and errors as sentences."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import stamina

from models.clock import Clock
from stream.pull.errors import PullAddressInvalid, PullRefused, PullUnanswered, PullUnauthorized

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=2)
LONGEST_ASKED = timedelta(hours=1)
"""A longer `Retry-After` is not waited for at once: the pull asks again after so long."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PullPace:
    """How requests are spread: at most `requests` a minute, `attempts` of each, each answered within `timeout`.

    `wait` sleeps for so many seconds. `interruptible` surrounds each request with its repetitions: a stop ends them at once there.
    """

    requests: int
    attempts: int
    timeout: timedelta
    clock: Clock
    wait: Callable[[float], object]
    interruptible: Callable[[], AbstractContextManager[object]] = nullcontext


class PullClient:
    """Reads JSON from one site. Close it after use."""

    def __init__(self, system: str, site: str, auth: httpx.Auth, pace: PullPace) -> None:
        self.system = system
        self.site = site.rstrip("/")
        if not self.site.startswith(("http://", "https://")) or "@" in self.site:
            raise PullAddressInvalid(system, site)
        self._pace = pace
        self._sent: deque[datetime] = deque(maxlen=pace.requests)
        self._http = httpx.Client(
            base_url=self.site,
            auth=auth,
            timeout=pace.timeout.total_seconds(),
            headers={"accept": "application/json", "user-agent": "groundswell"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        """Read an object.

        429, 5xx, a broken connection and an answer that is not JSON are tried again: after `Retry-After` where the system names it,
        else with growing waits. Raises `PullUnauthorized`, `PullRefused`, or after the last attempt `PullUnanswered`.
        """
        with self._pace.interruptible():
            return self._repeated(path, parameters)

    def _repeated(self, path: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for attempt in stamina.retry_context(
            _again,
            attempts=self._pace.attempts,
            timeout=None,
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_WAIT,
        ):
            with attempt:
                found = self._try(path, parameters)
        return found

    def _try(self, path: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        self._hold()
        try:
            answer = self._http.get(path, params=dict(parameters))
        except httpx.HTTPError as error:
            raise PullUnanswered(self.site, path, type(error).__name__) from error
        self._check(path, answer)
        try:
            found = answer.json()
        except ValueError as error:
            raise PullUnanswered(self.site, path, "its answer is not JSON") from error
        if not isinstance(found, dict):
            raise PullUnanswered(self.site, path, f"its answer is JSON of type {type(found).__name__}")
        return found

    def _check(self, path: str, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise PullUnauthorized(self.system, self.site, status)
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT) or answer.is_server_error:
            wait = _retry_after(answer.headers.get("retry-after", ""), self._pace.clock())
            raise PullUnanswered(self.site, path, f"status {status}", wait)
        if not answer.is_success:
            raise PullRefused(self.site, path, status)

    def _hold(self) -> None:
        """Wait until the request that is `requests` back is a minute ago."""
        if len(self._sent) == self._pace.requests:
            due = self._sent[0] + MINUTE
            wait = (due - self._pace.clock()).total_seconds()
            if wait > 0:
                self._pace.wait(wait)
        self._sent.append(self._pace.clock())


def make_auth(email: str, token: str, *, suffix: str = "") -> httpx.Auth:
    """Return basic authentication with an API token, or a bearer token where no user is named.

    `suffix` follows the user: Zendesk reads `ana@example.com/token` as a user with an API token.
    """
    return httpx.BasicAuth(email + suffix, token) if email else _Bearer(token)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def _again(error: Exception) -> bool | float:
    if not isinstance(error, PullUnanswered):
        return False
    return True if error.wait is None else error.wait


def _retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, which may be a number or a date (RFC 9110); None where it is neither."""
    if value.strip().isdigit():
        seconds = float(value)
    else:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_ASKED.total_seconds())
