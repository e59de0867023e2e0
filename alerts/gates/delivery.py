"""The stage of delivery: whether the channels of an audience accepted a message."""

from __future__ import annotations

from alerts.gates.sent import SentMessage
from models.decision_path import StageName, StageResult
from models.formats import counted, utc_minute
from store.outbox import OutboxState


class DeliveryStage:
    """Says how far the delivery of a message is, after how many attempts, and what each channel that failed said."""

    name = StageName.DELIVERY

    def judge(self, sent: SentMessage) -> StageResult:
        """Compare the attempts with their limit."""
        state = sent.notification.state
        passed = {OutboxState.SENT: True, OutboxState.FAILED: False}.get(state)
        return StageResult(
            stage=self.name, passed=passed, value=sent.notification.attempts, threshold=sent.attempts, unit="attempts",
            reason=self._reason(sent),
        )  # fmt: skip

    def _reason(self, sent: SentMessage) -> str:
        one = sent.notification
        accepted = ", ".join(one.channels or ())
        problem = "" if one.problem is None else f": {one.problem}"
        if one.state is OutboxState.SENT:
            at = "" if one.sent_at is None else f" at {utc_minute(one.sent_at)}"
            return f"it was sent{at}{f' by {accepted}' if accepted else ''}"
        if one.state is OutboxState.FAILED:
            return f"it was given up after {counted(one.attempts, 'attempt')}{problem}{f'; accepted by {accepted}' if accepted else ''}"
        if one.state is OutboxState.CLAIMED:
            return "it is being sent"
        waits = (
            "it waits for its first attempt"
            if not one.attempts
            else f"it waits after {counted(one.attempts, 'attempt')}{problem}"
        )
        until = "" if one.not_before is None or one.not_before <= sent.now else f", until {utc_minute(one.not_before)}"
        failing = "; ".join(
            f"{channel.name} has failed {counted(channel.failures, 'time')} in a row: {channel.problem or 'no reason given'}"
            for channel in sent.failing
            if channel.name in sent.audience.channels
        )
        return f"{waits}{until}{f'; {failing}' if failing else ''}"
