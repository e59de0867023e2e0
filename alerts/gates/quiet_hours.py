"""The stage of quiet hours: a message to an audience waits for their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.gates.sent import SentMessage
from alerts.ownership import Audience
from models.decision_path import StageName, StageResult
from models.formats import utc_minute
from store.outbox import OutboxState


class QuietHoursStage:
    """Withholds a message in the quiet hours of its audience, by the wall clock; it is sent at their end."""

    name = StageName.QUIET_HOURS

    def judge(self, sent: SentMessage) -> StageResult:
        """Compare the local time, at which it was sent or which it is now, with the quiet hours."""
        audience, done = sent.audience, sent.notification.state in (OutboxState.SENT, OutboxState.FAILED)
        if audience.quiet_hours is None:
            because = f"{audience.name} has no quiet hours"
            return StageResult(stage=self.name, passed=True, threshold="no quiet hours", reason=because)
        at = sent.notification.sent_at or sent.now if done else sent.now
        local = at.astimezone(ZoneInfo(audience.timezone))
        hours = f"{audience.quiet_hours.start:%H:%M} to {audience.quiet_hours.end:%H:%M}, {audience.timezone}"
        withheld = not done and audience.quiet_at(at)
        if withheld:
            because = (
                f"{audience.name} has quiet hours until {utc_minute(quiet_until(audience, at))}, and it is sent then"
            )
        else:
            because = f"it was sent at {local:%H:%M} local time" if done else "the quiet hours are over"
        return StageResult(
            stage=self.name,
            passed=not withheld,
            value=f"{local:%H:%M}",
            threshold=hours,
            unit="local time",
            reason=because,
        )


def quiet_until(audience: Audience, now: datetime) -> datetime:
    """Return the end of the quiet hours that cover `now`; `now` itself where none do."""
    if audience.quiet_hours is None or not audience.quiet_at(now):
        return now
    zone = ZoneInfo(audience.timezone)
    local = now.astimezone(zone)
    end = local.replace(
        hour=audience.quiet_hours.end.hour, minute=audience.quiet_hours.end.minute, second=0, microsecond=0
    )
    # Wall-clock arithmetic: over a change of summer time the end stays at its local time.
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)
