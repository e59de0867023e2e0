"""Slack: by a bot, whose messages are edited and follow each other in threads, and by an incoming webhook, which only posts.

Limits and errors: https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.http import HttpAnswer, failure_of, retry_after
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import DeliveryFailure, DeliveryFinal, DeliveryRecoverable, MessageGone
from models.clock import Clock
from models.redaction import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

LONGEST_FALLBACK = 3_000
"""Characters of the text that notifications show; Slack cuts at 40,000."""

_GONE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_inactive"}
)
"""Errors of `chat.update` after which that message is never edited."""

_OF_THE_MESSAGE = frozenset({
    "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments",
    "invalid_arguments", "invalid_array_arg", "invalid_json", "json_not_object", "markdown_text_conflict", "invalid_metadata_format",
    "cannot_reply_to_message", "message_limit_exceeded", "invalid_payload",
})  # fmt: skip
"""Errors about what was sent: it would be refused again. Others are about token or channel, which can be mended."""

_CODE = re.compile(r"[a-z_]{1,60}")

_TRANSIENT = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})


class SlackChannel:
    """Posts and edits messages by the Web API.

    Slack has no key of idempotency: a message whose answer was lost is posted again. Its metadata has our key.
    """

    abilities = ChannelAbilities(updates=True, threads=True)

    def __init__(self, name: str, make_client: Callable[[], WebClient], channel: str, clock: Clock) -> None:
        self.name = name
        self._make_client = make_client
        self._channel = channel
        self._clock = clock

    def send(self, message: Message) -> Reference:
        """Post a message; in the thread of the first one where it follows that."""
        thread = message.thread or {}
        answer = self._call(
            "chat_postMessage",
            channel=thread.get("channel", self._channel),
            thread_ts=thread.get("ts"),
            metadata={"event_type": "groundswell_message", "event_payload": {"key": message.key}},
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            **_content(message),
        )
        return {"channel": str(answer.get("channel", self._channel)), "ts": str(answer.get("ts", ""))}

    def update(self, reference: Reference, message: Message) -> None:
        """Edit a message."""
        self._call(
            "chat_update",
            channel=reference.get("channel"),
            ts=reference.get("ts"),
            link_names=False,
            **_content(message),
        )

    def _call(self, method: str, **arguments: Any) -> Any:
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            return getattr(self._make_client(), method)(**arguments)
        except SlackApiError as error:
            raise self._failure(error, editing=method == "chat_update") from error
        except SlackClientError as error:
            raise DeliveryFinal(self.name, f"Slack cannot be asked this ({type(error).__name__})") from error
        except (OSError, URLError) as error:
            raise _unanswered(self.name, error) from error

    def _failure(self, error: SlackApiError, *, editing: bool) -> DeliveryFailure:
        response = error.response
        status = int(getattr(response, "status_code", 200) or 200)
        headers = {str(key).lower(): str(value) for key, value in (getattr(response, "headers", None) or {}).items()}
        code = _code(response)
        asked = retry_after(headers.get("retry-after", ""), self._clock())
        if status == 429 or code in ("ratelimited", "rate_limited"):
            return DeliveryRecoverable(
                self.name, "Slack answered 429: too many messages", asked or timedelta(seconds=30)
            )
        if status < 400 and not code:
            problem = "the answer is not one of Slack's API; check url, and proxies on the way"
            return DeliveryRecoverable(self.name, problem, transient=True, unclear=True)
        if status >= 500 or code in _TRANSIENT:
            return DeliveryRecoverable(
                self.name, f"Slack answered {code or status}", asked, transient=True, unclear=status >= 500
            )
        if editing and code in _GONE:
            return MessageGone(self.name, f"Slack answered {code} to an edit")
        if code in _OF_THE_MESSAGE:
            return DeliveryFinal(self.name, f"Slack refused the message: {code}")
        return DeliveryRecoverable(self.name, f"Slack answered {code or status}; {_remedy(code)}")


class SlackWebhookChannel(Unchangeable):
    """Posts messages to an incoming webhook, which answers `ok` and no more: nothing can be edited or followed."""

    abilities = ChannelAbilities()

    def __init__(self, name: str, url: str, timeout: timedelta, clock: Clock) -> None:
        self.name = name
        self._url = url
        self._timeout = timeout
        self._clock = clock

    def send(self, message: Message) -> Reference:
        """Post a message."""
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(self._url, timeout=_whole(self._timeout), retry_handlers=[], logger=_quiet())
        try:
            answer = client.send(**_content(message), unfurl_links=False, unfurl_media=False)
        except (OSError, URLError) as error:
            raise _unanswered(self.name, error) from error
        if answer.status_code != 200:
            code = shortened(answer.body, 80)
            if code in _OF_THE_MESSAGE:
                raise DeliveryFinal(self.name, f"Slack refused the message: {code}")
            headers = {str(key).lower(): str(value) for key, value in answer.headers.items()}
            found = HttpAnswer(answer.status_code, headers, answer.body.encode())
            raise failure_of(self.name, found, self._clock(), message.plain.encode())
        return {"status": answer.status_code}


def make_client(token: str, url: str, timeout: timedelta) -> WebClient:
    """Make a client that tries once: the sender repeats."""
    from slack_sdk import WebClient

    return WebClient(token, base_url=f"{url}/", timeout=_whole(timeout), retry_handlers=[], logger=_quiet())


def _content(message: Message) -> dict[str, Any]:
    # In this field `& < >` are markup; with blocks, only notifications show it.
    text = escape((message.title if message.blocks else message.plain) or message.plain or message.text, quote=False)
    return {"text": text[:LONGEST_FALLBACK] or " ", "blocks": [dict(block) for block in message.blocks] or None}


def _quiet() -> logging.Logger:
    """Return a logger that says nothing: the library's lines quote what was sent and answered."""
    logger = logging.getLogger("groundswell.slack")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _whole(timeout: timedelta) -> Any:
    # The SDK says int and passes it to a socket, which takes fractions.
    return timeout.total_seconds()


def _code(response: Any) -> str:
    """Return the code of an error; nothing where the answer is not one of the API, such as a page of a proxy."""
    try:
        code = str(response["error"] or "")
    except (KeyError, TypeError, ValueError):
        return ""
    return code if _CODE.fullmatch(code) else ""


def _remedy(code: str) -> str:
    return {
        "channel_not_found": "check the channel's id, and invite the bot if it is private",
        "not_in_channel": "invite the bot to the channel",
        "is_archived": "the channel is archived; name another one",
        "missing_scope": "give the bot the scope chat:write",
    }.get(code, "check the token and the channel")


def _unanswered(name: str, error: Exception) -> DeliveryRecoverable:
    reason = error.reason if isinstance(error, URLError) else error
    refused = isinstance(reason, ConnectionRefusedError) or type(reason).__name__ == "gaierror"
    what = "cannot be reached" if refused else "did not answer in time, or ended the connection"
    return DeliveryRecoverable(name, f"Slack {what} ({type(reason).__name__})", transient=True, unclear=not refused)
