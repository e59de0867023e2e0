"""Services by Apprise: Microsoft Teams, Opsgenie, and any other that it knows (https://appriseit.com/services/)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import ChannelInvalid, DeliveryFailure, DeliveryFinal, DeliveryRecoverable

_STATUS = re.compile(r"error=(\d{3})\b")


class AppriseChannel(Unchangeable):
    """Sends the plain text of messages to one address of Apprise.

    Apprise says whether a service took a message, and in its log with which status it did not; a wait that a service asks for is lost.
    """

    def __init__(
        self, name: str, address: Callable[[Message], str], timeout: timedelta, *, recognizes: bool = False
    ) -> None:
        """Take the address of a message. Raises `ChannelInvalid` where Apprise knows no service for it."""
        self.name = name
        self.abilities = ChannelAbilities(recognizes=recognizes)
        self._address = address
        self._timeout = timeout
        self._service(Message("check", "test", "", ""))

    def send(self, message: Message) -> Reference | None:
        """Send a message as plain text, in which nothing is markup."""
        from apprise import NotifyFormat, NotifyType
        from apprise.logger import LogCapture

        service = self._service(message)
        with LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]
            taken = service.notify(
                body=message.plain or message.text,
                title=message.title,
                notify_type=NotifyType.SUCCESS if message.news == "ended" else NotifyType.WARNING,
                body_format=NotifyFormat.TEXT,
            )
            said = log.getvalue()
        if not taken:
            raise self._failure(said)
        return {"service": str(service.service_name)}

    def _service(self, message: Message) -> Any:
        from apprise import Apprise

        service = Apprise.instantiate(self._address(message), suppress_exceptions=True)
        if service is None:
            raise ChannelInvalid(
                self.name, "url: Apprise knows no service for it; see https://appriseit.com/services/ for its form"
            )
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout.total_seconds()
        return service

    def _failure(self, said: str) -> DeliveryFailure:
        found = _STATUS.search(said)
        status = int(found[1]) if found else None
        if status is None:
            return DeliveryRecoverable(self.name, "the service cannot be reached", transient=True, unclear=True)
        problem = f"the service answered {status}"
        if status in (400, 413, 422):
            return DeliveryFinal(self.name, problem)
        if status == 429 or status < 500:
            return DeliveryRecoverable(self.name, problem)
        return DeliveryRecoverable(self.name, problem, transient=True, unclear=True)


def opsgenie_address(api_key: str, region: str, team: str) -> Callable[[Message], str]:
    """Return the address of a message: its alias lets Opsgenie count what follows to the alert that is open already."""

    def address(message: Message) -> str:
        target = f"/%23{quote(team, safe='')}" if team else ""
        alias = quote(message.subject or message.key, safe="")
        return f"opsgenie://{quote(api_key, safe='')}{target}/?region={region}&alias={alias}&action=new"

    return address
