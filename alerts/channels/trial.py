"""A trial of one channel: a marked message, and what the receiver answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.channels.base import Channel, Message
from alerts.deadline import DeadlinePassed, within
from alerts.errors import DeliveryFailure
from models.times import rfc3339

TITLE = "Groundswell test message"


@dataclass(frozen=True, slots=True)
class ChannelTrial:
    """What became of a trial; `problem` is None where the message was taken, and `answer` what the receiver said then."""

    channel: str
    problem: str | None
    answer: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Write it as `channels test --json` prints it."""
        return {"channel": self.channel, "ok": self.problem is None, "problem": self.problem, "answer": self.answer}


def try_channel(channel: Channel, at: datetime, limit: timedelta) -> ChannelTrial:
    """Send one message that is marked as a test, once, within `limit`. Nothing is stored."""
    message = _trial_message(channel.name, at)
    try:
        reference = within(limit.total_seconds(), lambda: channel.send(message))
    except DeliveryFailure as failure:
        return ChannelTrial(channel.name, failure.problem, {})
    except DeadlinePassed:
        return ChannelTrial(channel.name, f"it did not answer within {limit.total_seconds():g} s", {})
    return ChannelTrial(channel.name, None, dict(reference or {}))


def _trial_message(name: str, at: datetime) -> Message:
    text = f"This is a test of the channel {name}. Nothing has happened, and nothing is to be done."
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return Message(
        key=f"test:{name}:{rfc3339(at)}",
        kind="test",
        audience="test",
        title=TITLE,
        text=f"**{TITLE}** – {text}\n",
        plain=f"{TITLE}\n{text}\n",
        html=f'<!doctype html>\n<html lang="en"><body><h1>{TITLE}</h1><p>{text}</p></body></html>\n',
        blocks=(
            {"type": "header", "text": {"type": "plain_text", "text": TITLE, "emoji": False}},
            {"type": "rich_text", "elements": [section]},
        ),
        payload={"test": True, "channel": name, "at": rfc3339(at)},
    )
