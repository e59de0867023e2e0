"""One example of each action of the console, by method and path of its route: what is sent, and what has to be done before.

A route that changes something and has no example here fails `test_audit_of_actions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VALUES = {
    "theme_id": "3", "alert_id": "1", "incident_id": "1", "issue_id": "70", "silence_id": "1", "decision_id": "1", "view_id": "1",
    "token_id": "1", "queue_id": "1", "case_id": "1", "slug": "refund-late", "launch_id": "double-day-2026-11-27", "name": "vera",
}  # fmt: skip
"""What stands for a parameter of a path."""


@dataclass(frozen=True, slots=True)
class Example:
    """What is sent: a form, or JSON. `before` are actions that come first; `values` are parameters of the path; {} sends nothing."""

    form: Mapping[str, Any] | None = None
    json: Any = None
    before: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


PLAN_FORM = {
    "title": "Double day", "kind": "sale", "start": "2026-11-27T11:00", "end": "2026-11-27T23:00", "tolerance": "25",
    "dimension": ["region"], "value": ["BR"], "means": ["theme"], "text": ["pix"], "lift": ["4"],
}  # fmt: skip
PLAN = {
    "title": "Double day", "kind": "sale", "start": "2026-11-27T11:00:00Z", "end": "2026-11-27T23:00:00Z", "scope": {"region": "BR"},
    "tolerance": 0.25, "expected": [{"theme": "pix", "lift": 4}],
}  # fmt: skip
PROCEDURE = {
    "slug": "refund-late", "title": "A refund is late", "owner": "payments", "body": "Look it up.", "review_on": "2027-01-31",
    "tree": "start: a\nnodes: {a: {outcome: Wait.}}",
}  # fmt: skip
SILENCE_FORM = {"themes": "3", "reason": "known", "lasts": "2h"}
SILENCE = {"themes": [3], "reason": "known", "for": "2h"}
CHANNEL = {"name": "file"}
LABEL_QUEUE = {"kind": "theme", "theme": "3", "size": "2", "questions": ["theme", "tone"], "per_case": "1"}

EXAMPLES: Mapping[str, Example] = {
    "POST /themes/{theme_id}/known-issue": Example({"title": "Pix is slow"}),
    "POST /themes/{theme_id}/known-issue/clear": Example({}, before=("POST /themes/{theme_id}/known-issue",)),
    "POST /decisions/{decision_id}/undo": Example(
        {}, before=("POST /api/themes/{theme_id}/decisions",), values={"decision_id": "2"}
    ),
    "POST /launches/new": Example({**PLAN_FORM, "action": "save"}),
    "POST /launches/{launch_id:path}/edit": Example(
        {**PLAN_FORM, "title": "Double days", "action": "save"}, before=("POST /launches/new",)
    ),
    "POST /launches/{launch_id:path}/cancel": Example({}, before=("POST /launches/new",)),
    "POST /alerts/{alert_id}/acknowledge": Example({}),
    "POST /alerts/{alert_id}/resolve": Example({}),
    "POST /alerts/{alert_id}/reopen": Example({}, before=("POST /alerts/{alert_id}/resolve",)),
    "POST /alerts/{alert_id}/feedback": Example({"verdict": "useful"}),
    "POST /incidents/{incident_id}/acknowledge": Example({}),
    "POST /incidents/{incident_id}/resolve": Example({}),
    "POST /incidents/{incident_id}/feedback": Example({"verdict": "useful"}),
    "POST /incidents/{incident_id}/merge": Example({"into": "2"}),
    "POST /incidents/{incident_id}/split": Example({"alert": "91"}),
    "POST /incidents/{incident_id}/undo": Example({"decision": "2"}, before=("POST /incidents/{incident_id}/split",)),
    "POST /known-issues/new": Example({"title": "Pix is slow", "theme": "3"}),
    "POST /known-issues/{issue_id}/update": Example({"title": "Refunds are late again"}),
    "POST /known-issues/{issue_id}/fix": Example({"version": "9.1.0"}),
    "POST /known-issues/{issue_id}/themes": Example({"theme": "3"}),
    "POST /known-issues/{issue_id}/attach": Example({"tickets": "T-3-0"}),
    "POST /known-issues/{issue_id}/detach": Example({"tickets": "T-6-0"}),
    "POST /silences": Example(SILENCE_FORM),
    "POST /silences/{silence_id}/end": Example({}, before=("POST /silences",)),
    "POST /procedures/new": Example(PROCEDURE),
    "POST /procedures/{slug}/edit": Example(
        {**PROCEDURE, "body": "Look twice.", "based_on": "1"}, before=("POST /procedures/new",)
    ),
    "POST /procedures/{slug}/links": Example({"kind": "theme", "target": "3"}, before=("POST /procedures/new",)),
    "POST /labels/new": Example(LABEL_QUEUE),
    "POST /labels/queues/{queue_id}/next": Example({}, before=("POST /labels/new",)),
    "POST /labels/queues/{queue_id}/close": Example({}, before=("POST /labels/new",)),
    "POST /labels/cases/{case_id}": Example({"answer.theme": "3", "answer.tone": "good"}, before=("POST /labels/new",)),
    "POST /labels/queues/{queue_id}/next-best": Example({}, before=("POST /labels/cases/{case_id}",)),
    "POST /labels/cases/{case_id}/skip": Example({"reason": "I cannot tell"}, before=("POST /labels/new",)),
    "POST /labels/cases/{case_id}/adjudicate": Example(
        {"answer.tone": "good", "note": "as written"},
        before=("POST /labels/queues/{queue_id}/close",),
    ),
    "POST /api/procedures": Example(json=PROCEDURE),
    "PUT /api/procedures/{slug}": Example(
        json={**PROCEDURE, "body": "Look twice.", "based_on": 1}, before=("POST /procedures/new",)
    ),
    "POST /api/procedures/{slug}/links": Example(
        json={"kind": "known_issue", "target": 70}, before=("POST /procedures/new",)
    ),
    "POST /people": Example({"name": "vera", "role": "viewer"}),
    "POST /people/{name}/link": Example({}, before=("POST /people",)),
    "POST /people/{name}/role": Example({"role": "ops"}, before=("POST /people",)),
    "POST /people/{name}/access": Example({"allowed": "false"}, before=("POST /people",)),
    "POST /api/labels/queues": Example(json={**LABEL_QUEUE, "questions": ["tone"]}),
    "POST /api/labels/queues/{queue_id}/next": Example(json={}, before=("POST /labels/new",)),
    "POST /api/labels/queues/{queue_id}/close": Example(json={}, before=("POST /labels/new",)),
    "PUT /api/labels/cases/{case_id}/labels": Example(
        json={"answers": {"theme": "3", "tone": "good"}}, before=("POST /labels/new",)
    ),
    "POST /api/labels/cases/{case_id}/skip": Example(json={"reason": "I cannot tell"}, before=("POST /labels/new",)),
    "POST /api/labels/cases/{case_id}/adjudication": Example(
        json={"answers": {"tone": "good"}}, before=("POST /labels/queues/{queue_id}/close",)
    ),
    "POST /account/tokens": Example({"label": "dashboard"}),
    "POST /account/tokens/{token_id}/revoke": Example({}, before=("POST /account/tokens",)),
    "POST /sign-out": Example({}),
    "POST /operations/checks": Example({}),
    "POST /operations/outbox/retry": Example({}),
    "POST /operations/channels/{name}/pause": Example({"hours": "1"}, values=CHANNEL),
    "POST /operations/channels/{name}/resume": Example(
        {}, before=("POST /operations/channels/{name}/pause",), values=CHANNEL
    ),
    "POST /operations/channels/{name}/test": Example({}, values=CHANNEL),
    "POST /operations/quarantine/retry": Example({"reason": "not_json"}),
    "POST /api/themes/{theme_id}/decisions": Example(json={"kind": "rename", "name": "Pix is slow"}),
    "POST /api/decisions/{decision_id}/undo": Example(
        json={}, before=("POST /api/themes/{theme_id}/decisions",), values={"decision_id": "2"}
    ),
    "POST /api/incidents/{incident_id}/acknowledge": Example(json={}),
    "POST /api/incidents/{incident_id}/resolve": Example(json={}),
    "POST /api/incidents/{incident_id}/merge": Example(json={"into": 2}),
    "POST /api/incidents/{incident_id}/split": Example(json={"alert": [91]}),
    "POST /api/incidents/{incident_id}/undo": Example(
        json={"decision": 2}, before=("POST /incidents/{incident_id}/split",)
    ),
    "POST /api/incidents/{incident_id}/feedback": Example(json={"verdict": "useful"}),
    "POST /api/known-issues": Example(json={"title": "Pix is slow", "theme": [3]}),
    "POST /api/known-issues/{issue_id}/update": Example(json={"title": "Refunds are late again"}),
    "POST /api/known-issues/{issue_id}/fix": Example(json={"version": "9.1.0"}),
    "POST /api/known-issues/{issue_id}/themes": Example(json={"theme": [3]}),
    "POST /api/known-issues/{issue_id}/attach": Example(json={"tickets": "T-3-0"}),
    "POST /api/known-issues/{issue_id}/detach": Example(json={"tickets": "T-6-0"}),
    "POST /api/people": Example(json={"name": "vera", "role": "viewer"}),
    "PUT /api/people/{name}/role": Example(json={"role": "ops"}, before=("POST /people",)),
    "PUT /api/people/{name}/access": Example(json={"allowed": False}, before=("POST /people",)),
    "POST /api/people/{name}/link": Example(json={}, before=("POST /people",)),
    "POST /api/tokens": Example(json={"label": "dashboard"}),
    "DELETE /api/tokens/{token_id}": Example(before=("POST /account/tokens",)),
    "POST /api/alerts/{alert_id}/acknowledge": Example(json={}),
    "POST /api/alerts/{alert_id}/resolve": Example(json={}),
    "POST /api/alerts/{alert_id}/reopen": Example(json={}, before=("POST /alerts/{alert_id}/resolve",)),
    "POST /api/alerts/{alert_id}/feedback": Example(json={"verdict": "useful"}),
    "POST /api/operations/checks": Example(json={}),
    "POST /api/quarantine/retry": Example(json={"reason": "not_json"}),
    "POST /api/outbox/retry": Example(json={}),
    "POST /api/channels/{name}/pause": Example(json={"hours": 1}, values=CHANNEL),
    "POST /api/channels/{name}/resume": Example(
        json={}, before=("POST /operations/channels/{name}/pause",), values=CHANNEL
    ),
    "POST /api/channels/{name}/test": Example(json={}, values=CHANNEL),
    "POST /api/launches": Example(json=PLAN),
    "PUT /api/launches/{launch_id:path}": Example(
        json={**PLAN, "title": "Double days"}, before=("POST /launches/new",)
    ),
    "POST /api/launches/{launch_id:path}/cancel": Example(json={}, before=("POST /launches/new",)),
    "POST /api/silences": Example(json=SILENCE),
    "DELETE /api/silences/{silence_id}": Example(before=("POST /silences",)),
}

UNNOTED: Mapping[str, str] = {
    "POST /themes/views": "a saved view is a bookmark of the person's own, and changes nothing that others see",
    "POST /themes/views/{view_id}/delete": "as above",
    "POST /api/board/views": "as above",
    "DELETE /api/board/views/{view_id}": "as above",
    "POST /account/zone": "how times are written for the person alone",
    "POST /launches/preview": "writes nothing",
    "POST /api/launches/preview": "writes nothing",
    "POST /silences/new": "a preview; writes nothing",
    "POST /api/silences/preview": "writes nothing",
    "POST /sign-in": "of people, who test_access.py signs in; its lines are compared there",
    "POST /invitation/{token}": "as above",
    "POST /feedback/{token}": "votes by a signed link are noted by test_feedback_pages.py",
    "POST /themes/{theme_id}/decide": "needs the seal of a preview; test_decide.py sees that its lines have the person's name",
}
"""Routes without an example, each with the reason."""
