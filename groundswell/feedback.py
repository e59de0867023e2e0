"""Feedback in the application: the links that it signs, and verdicts that are given without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sqlalchemy import Connection

    from alerts.feedback import FeedbackItem, FeedbackLinks
    from groundswell.settings import Settings
    from models.clock import Clock

KEY_FILE = "feedback.key"
"""File of the data folder with the key of the links, where none is set."""


def feedback_key_file(settings: Settings) -> Path | None:
    """Return the file of the key of feedback links, made where there is none; None where no links are made, or the key is set.

    Raises `KeyFileInvalid`.
    """
    from stream.requester import load_or_make_key

    asked = settings.alerts
    if not asked.console_url or asked.feedback_key is not None:
        return None
    path = settings.data / KEY_FILE
    load_or_make_key(path)
    return path.absolute()


def feedback_links(settings: Settings, clock: Clock) -> FeedbackLinks | None:
    """Return what makes and reads feedback links; None where no address of the console is set.

    The key is that of the settings, else that of the data folder, made where there is none. Raises `KeyFileInvalid`.
    """
    from alerts.feedback import FeedbackLinks

    return FeedbackLinks.of(settings.alerts, feedback_key_file(settings), clock)


def item_of(connection: Connection, subject: str, audience: str | None, names: Collection[str] = ()) -> FeedbackItem:
    """Return what a person votes about: an alert (`alert:7`, or `7`), for its audience unless another is given.

    `names` are the audiences of the ownership file; the alert's own is valid as well, since the file may have changed after it.
    Raises `UsageError` for another subject or audience, and `AlertUnknown`.
    """
    from alerts.feedback import FeedbackItem
    from store.alerts import get_alert

    number = subject.removeprefix("alert:")
    if not number.isascii() or not number.isdigit():
        raise UsageError(f"received {subject!r}; valid is the number of an alert, such as 7 or alert:7")
    alert = get_alert(connection, int(number))
    valid = list(dict.fromkeys([alert.audience, *names]))
    if audience is not None and audience not in valid:
        raise UsageError(f"received the audience {audience!r}; valid are {', '.join(valid)}")
    return FeedbackItem(
        subject=f"alert:{alert.alert_id}", audience=audience or alert.audience, rule=alert.kind, theme_id=alert.theme_id
    )
