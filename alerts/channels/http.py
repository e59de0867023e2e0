"""HTTP for channels: one request within its time limit, without redirects, and what its answer means for the message."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from alerts.channels.addresses import AddressRefused, HostAddress, allowed_address
from alerts.errors import DeliveryFailure, DeliveryFinal, DeliveryRecoverable
from models.clock import Clock
from models.redaction import shortened

if TYPE_CHECKING:
    import httpx

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read: enough for an id or an error."""

LONGEST_ASKED = timedelta(hours=6)
"""A longer `Retry-After` is taken for this long: a receiver that is wrong about it is asked again on the same day."""

REPEATED = 24
"""Bytes in a row: a name of a field is shorter, a sentence of a ticket is longer."""

QUOTED = 200
"""Characters of a refusal that are shown."""

REFUSED_MESSAGES = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    }
)
"""Answers that are about the message: it would be refused again. Others of the 400s are about the destination, which can be mended."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a receiver answered, up to `LONGEST_ANSWER` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON; None where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def excerpt(self) -> str:
        """Return the beginning of the body on one line, redacted."""
        return shortened(" ".join(self.body.decode("utf-8", errors="replace").split()), QUOTED)


@dataclass(frozen=True)
class HttpSender:
    """Sends requests for one channel. Errors name the channel and never the address, which may be a secret."""

    name: str
    timeout: timedelta
    clock: Clock
    allow_private: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    reads: bool = True
    """Whether the bodies of successful answers are read."""

    def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status. Raises `DeliveryRecoverable` where there is none.

        A status is an answer, whatever happens to the body that follows: that is cut off where the connection ends.
        """
        import httpx

        connected = False

        def trace(event: str, _: Any) -> None:
            nonlocal connected
            # What follows the connection may have reached the receiver.
            connected = connected or event.endswith("send_request_headers.started")

        try:
            target, host = self._target(url)
            with httpx.Client(
                timeout=self.timeout.total_seconds(), follow_redirects=False, trust_env=False, auth=self.auth
            ) as client:
                sent = {"user-agent": "groundswell", **self.headers, **(headers or {}), **host.headers}
                with client.stream(
                    method, target, content=body, headers=sent, extensions={"trace": trace, **host.extensions}
                ) as response:
                    return self._read(response)
        except httpx.HTTPError as error:
            raise DeliveryRecoverable(self.name, _unanswered(error), transient=True, unclear=connected) from error
        except (httpx.InvalidURL, AddressRefused) as error:
            raise DeliveryRecoverable(self.name, str(error)) from error

    def send(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send one request and return its answer where that is a success. Raises as `failure_of` says."""
        answer = self.request(method, url, body=body, headers=headers)
        if not 200 <= answer.status < 300:
            raise failure_of(self.name, answer, self.clock(), body or b"")
        return answer

    def send_json(self, method: str, url: str, value: Any) -> HttpAnswer:
        """Send a value as JSON; see `send`."""
        return self.send(method, url, body=orjson.dumps(value), headers={"content-type": "application/json"})

    def _target(self, url: str) -> tuple[httpx.URL, HostAddress]:
        import httpx

        parsed = httpx.URL(url)
        if self.allow_private:
            return parsed, HostAddress()
        # Connected to the address that was looked at: the name could mean another one a moment later.
        address = allowed_address(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
        pinned = HostAddress({"host": parsed.netloc.decode()}, {"sni_hostname": parsed.host})
        return parsed.copy_with(host=address), pinned

    def _read(self, response: httpx.Response) -> HttpAnswer:
        import httpx

        parts: list[bytes] = []
        # Who accepts without a word that is needed has said all: a body that drips in would only take time.
        if self.reads or not response.is_success:
            with suppress(httpx.HTTPError):
                for part in response.iter_bytes():
                    parts.append(part)
                    if sum(map(len, parts)) >= LONGEST_ANSWER:
                        break
        return HttpAnswer(response.status_code, dict(response.headers), b"".join(parts)[:LONGEST_ANSWER])


def failure_of(name: str, answer: HttpAnswer, now: datetime, sent: bytes = b"") -> DeliveryFailure:
    """Return the error that an answer without success means. What repeats a part of what was `sent` is not quoted.

    - 429, and 503 with `Retry-After`: it passes later, after the time that the receiver names.
    - 5xx and 408: it may pass within a second.
    - 400, 413, 422 and their like: the message itself is refused, for ever.
    - any other (401, 403, 404, 410, redirects): the channel is set up wrongly; the message waits until it is mended.
    """
    status = answer.status
    said = "" if repeats(answer.body, sent) else answer.excerpt()
    problem = f"the receiver answered {_status(status)}" + (f": {said}" if said else "")
    asked = retry_after(answer.headers.get("retry-after", ""), now)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and asked is not None):
        return DeliveryRecoverable(name, problem, asked)
    if status >= 500 or status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY):
        return DeliveryRecoverable(name, problem, asked, transient=True, unclear=status >= 500)
    if status in REFUSED_MESSAGES:
        return DeliveryFinal(name, problem)
    if 300 <= status < 400:
        return DeliveryRecoverable(
            name, f"the receiver answered {_status(status)}; redirects are not followed, set the address it names"
        )
    return DeliveryRecoverable(name, f"{problem}; check the address and the secret of the channel")


def repeats(answer: bytes, sent: bytes) -> bool:
    """Return whether an answer repeats at least `REPEATED` bytes of what was sent: reasons of failures outlast erasure."""
    read = answer[: 4 * QUOTED]
    return any(read[at : at + REPEATED] in sent for at in range(len(read) - REPEATED + 1))


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read `Retry-After`, which is a number of seconds or a date (RFC 9110, 10.2.3); None where it is neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        # A number of many digits is more than a timedelta holds.
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), LONGEST_ASKED)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _unanswered(error: httpx.HTTPError) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "the receiver did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "the receiver cannot be reached (connection refused, no such host, or its certificate is not trusted)"
    return f"the connection ended before the receiver had answered ({type(error).__name__})"
