"""The stage of routing: which audience gets a message, and why."""

from __future__ import annotations

from alerts.gates.sent import SentMessage
from models.decision_path import StageName, StageResult


class RoutingStage:
    """Says who was chosen to get a message: the owner, who must act, and subscribers, who also see it."""

    name = StageName.ROUTING

    def judge(self, sent: SentMessage) -> StageResult:
        """Name the audience and the reason."""
        one = sent.notification
        why = "as its owner" if one.why == "owner" else f"because it is {one.why}"
        because = f"{one.audience} gets it {why}"
        if one.why is None:
            because = f"{one.audience} owns most of its tickets, or all that nobody owns"
        if one.news is not None:
            because = f"{because}: {one.news.replace('_', ' ')}"
        return StageResult(stage=self.name, passed=True, value=one.audience, threshold=one.why, reason=because)
