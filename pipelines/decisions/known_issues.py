"""Decisions about known issues, applied and undone: the known issue, and the flags of its themes, which the miner reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from models.bucket import bucket_of
from models.known_issues import AttachmentWay, IssueState, TransitionRefused, open_states
from models.known_issues.issue_state import check_by_people
from models.segment import EVERYTHING
from models.spikes.series import SeriesKey
from models.theme import KnownIssue
from models.times import parse_rfc3339, rfc3339
from pipelines.context import EpochContext
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from pipelines.state.themes import ThemeRecord
from pipelines.themes.known_issues import set_issue
from store.counts import count_series
from store.decisions import Decision, DecisionKind, decisions_in_force
from store.known_issues import (
    Attachment,
    KnownIssueUnknown,
    StoredIssue,
    attach,
    delete_issue,
    drop_attachments,
    read_attachments,
    read_issue,
    write_issue,
)
from store.themes import write_themes

USUAL_OVER = timedelta(days=1)
"""The volume of a known issue is that of the day before the flag: people know the problem at its volume of now."""

BEFORE_OVER = timedelta(days=28)
"""The volume that a theme has without the problem is measured over this long before the problem began."""

COPIED = ("title", "jira", "workaround")
"""What a flag has of its known issue."""

DETAILS = (*COPIED, "owner", "sop", "fix_version")
TIMES = ("fix_expected_at", "fixed_at", "opened_at", "updated_at")
NOT_FIXED: Mapping[str, Any] = {"fixed_in": None, "fixed_at": None, "resolved_at": None, "regressed_at": None}


def apply_flag(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Make themes a known issue, let them join one, or set the details of the one that the theme has.

    Raises `DecisionRefused` where the one to be joined is not there or closed.
    """
    context, payload = effects.context, decision.payload
    members = list({one.theme_id: one for one in _named(effects, decision)}.values())
    before = _joined(context, decision, members)
    outcome = _outcome(members, before)
    issue = _opened(context, decision) if before is None else before
    if payload.get("issue") is None and before is not None:
        issue = _detailed(before, {**dict.fromkeys(COPIED), **payload})
        if before.state not in open_states():
            issue = replace(issue, state=IssueState.INVESTIGATING, fixed_at=None)
    for record in members:
        _flag(effects, record, issue, decision)
    said = f"{', '.join(f'theme {one.theme_id}' for one in members)} {_happened(decision, before)}"
    set_issue(
        context, issue, None if before is None else before.state, at=context.window.start, actor=decision.actor,
        reason=decision.why or said,
    )  # fmt: skip
    _copy(effects, issue)
    return {**outcome, "issue": issue.issue_id}


def apply_clear(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Take a theme out of its known issue, which is closed once it has no other theme."""
    record = effects.record(decision.theme_id)
    issue = _issue_of(effects.context, record)
    outcome = _outcome([record], issue)
    effects.flag(record, None, cause=_cause(decision, "the flag as a known issue was taken away"))
    if issue is not None and not effects.context.state.themes.of_issue(issue.issue_id):
        reason = decision.why or f"theme {record.theme_id}, its last one, was taken out"
        closed = replace(issue, state=IssueState.CLOSED)
        set_issue(
            effects.context, closed, issue.state, at=effects.context.window.start, actor=decision.actor, reason=reason
        )  # fmt: skip
    return outcome


def apply_fix(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Note the fix of a known issue; later epochs decide when it is resolved, and whether it is back.

    Raises `DecisionRefused` where the theme is no known issue any more.
    """
    context = effects.context
    record = effects.record(decision.theme_id)
    issue = _issue_of(context, record, decision.payload.get("issue"))
    members = [record] if issue is None else context.state.themes.of_issue(issue.issue_id)
    if not members or (issue is None and record.known_issue is None):
        raise DecisionRefused(f"theme {record.theme_id} is not flagged as a known issue any more")
    outcome = _outcome(members, issue)
    start = context.window.start
    version, at = decision.payload["version"], decision.payload["at"] or start.isoformat()
    if issue is not None:
        _allowed(issue, IssueState.FIXED)
        fixed = replace(
            issue, state=IssueState.FIXED, fixed_at=parse_rfc3339(at), fix_version=version or issue.fix_version
        )
        said = f"fixed in version {version}" if version else f"fixed at {at}"
        set_issue(context, fixed, issue.state, at=start, actor=decision.actor, reason=decision.why or said)
    for one in members:
        before = _volume_before(context, one)
        fix = {**NOT_FIXED, "fixed_in": version, "fixed_at": at, "before_per_day": before}
        effects.flag(one, {**(one.known_issue or {}), **fix, **_state(issue, IssueState.FIXED)})
    return outcome


def apply_update(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Set what people know about a known issue, and how far they are. Raises `DecisionRefused`."""
    context, changes = effects.context, decision.payload
    issue = _known(context, changes["issue"])
    members = context.state.themes.of_issue(issue.issue_id)
    outcome = _outcome(members, issue)
    changed = _detailed(issue, changes)
    after = IssueState(changes.get("state") or issue.state)
    if after is not issue.state:
        _allowed(issue, after)
        changed = replace(changed, state=after)
        if after in open_states():
            changed = replace(changed, fixed_at=None)
    for record in members:
        _follow(effects, record, issue, changed, decision)
    named = sorted(name.replace("_", " ") for name in changes if name not in ("issue", "state"))
    said = [
        *([f"now {after.value}"] if after is not issue.state else []),
        *([f"{', '.join(named)} set"] if named else []),
    ]
    reason = decision.why or "; ".join(said) or "confirmed as it is"
    set_issue(context, changed, issue.state, at=context.window.start, actor=decision.actor, reason=reason)
    _copy(effects, changed)
    return outcome


def apply_membership(effects: DecisionEffects, decision: Decision, how: AttachmentWay) -> DecisionOutcome:
    """Attach tickets to a known issue, or take them out of it. Raises `DecisionRefused`."""
    context = effects.context
    issue = _known(context, decision.payload["issue"])
    named = decision.payload["members"]
    before = read_attachments(context.connection, issue.issue_id, named)
    confidence = 0.0 if how is AttachmentWay.DETACHED else 1.0
    rows = [Attachment(issue.issue_id, one, confidence, how, context.window.start) for one in named]
    attach(context.connection, rows, replacing=True)
    kept = {
        key: {"confidence": one.confidence, "how": one.how.value, "at": rfc3339(one.at)} for key, one in before.items()
    }
    return {"attached": kept}


def restore_issue(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a decision about a known issue: it and the flags of its themes are what they were."""
    context, outcome = effects.context, undone.outcome or {}
    cause = (f"decision {undone.decision_id} was undone", undone.actor)
    issue_id = outcome.get("issue")
    flags = outcome.get("themes") or {str(undone.theme_id): {"known_issue": outcome.get("before")}}
    if issue_id is not None and outcome.get("issue_before") is None:
        # The flag may have followed tickets into other themes meanwhile.
        for record in context.state.themes.of_issue(issue_id):
            effects.flag(record, None, cause=cause)
        delete_issue(context.connection, issue_id)
    for theme, said in flags.items():
        record = effects.record(int(theme))
        record.disposition = said.get("disposition", record.disposition)
        effects.flag(record, said["known_issue"], cause=cause)
    if issue_id is not None and outcome.get("issue_before") is not None:
        _restore(effects, undone, issue_id)
    return {}


def restore_membership(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo that tickets were attached or taken out."""
    connection, issue_id = effects.context.connection, undone.payload["issue"]
    before = (undone.outcome or {})["attached"]
    drop_attachments(connection, issue_id, [one for one in undone.payload["members"] if one not in before])
    rows = [
        Attachment(issue_id, key, one["confidence"], AttachmentWay(one["how"]), parse_rfc3339(one["at"]))
        for key, one in before.items()
    ]
    attach(connection, rows, replacing=True)
    return {"tickets": len(undone.payload["members"])}


def number_old_flags(context: EpochContext) -> None:
    """Make known issues of flags from before known issues had numbers, each with the number of the decision that set it."""
    themes = context.state.themes
    old = [one for one in themes.by_id() if one.live and one.issue is not None and one.issue.issue_id is None]
    if not old:
        return
    flags = [one for one in decisions_in_force(context.connection) if one.kind == DecisionKind.KNOWN_ISSUE]
    for record in old:
        found = [one for one in flags if themes.survivor(one.theme_id) == record.theme_id]
        if found:
            _number(context, record, found[-1])


def _number(context: EpochContext, record: ThemeRecord, decision: Decision) -> None:
    flag, start = KnownIssue.of(record.known_issue or {}), context.window.start
    if flag.regressed:
        state = IssueState.REGRESSED
    elif flag.resolved:
        state = IssueState.RESOLVED
    else:
        state = IssueState.FIXED if flag.fixed_at is not None else IssueState.INVESTIGATING
    issue = StoredIssue(
        issue_id=decision.decision_id, title=flag.title, state=state, jira=flag.jira, workaround=flag.workaround,
        fix_version=flag.fixed_in, fixed_at=flag.fixed_at, opened_at=flag.since or start, updated_at=start,
    )  # fmt: skip
    record.known_issue = {**(record.known_issue or {}), "issue": issue.issue_id, "state": state.value}
    write_themes(context.connection, [record.as_row()])
    reason = f"theme {record.theme_id} was a known issue before known issues had numbers"
    set_issue(context, issue, None, at=start, actor=decision.actor, reason=reason)


def volume_of(context: EpochContext, theme: int) -> float:
    """Return the tickets of a theme on the day before the end of the epoch."""
    start = bucket_of(context.window.end - USUAL_OVER)
    return float(context.state.counts.total(SeriesKey(theme, EVERYTHING), start, context.window.bucket))


def volume_before(context: EpochContext, record: ThemeRecord, since: datetime | None) -> float:
    """Return the tickets a day that a theme had before the problem that began before `since` did; None: before the epoch.

    The problem began with the first episode that was open shortly before then, or else a day before.
    """
    state = context.state
    since = since or context.window.start
    lately = since - USUAL_OVER
    starts = [one.start for one in state.episodes.of_theme(record.theme_id) if one.end is None or one.end > lately]
    onset = min([lately, *(start for start in starts if start < since)])
    start = max(onset - BEFORE_OVER, state.record_start or onset)
    days = (onset - start) / timedelta(days=1)
    if days < 1:
        return 0.0
    everything = state.counts.everything
    tickets = count_series(context.connection, record.theme_id, everything, bucket_of(start), bucket_of(onset))
    return round(tickets / days, 4)


def _volume_before(context: EpochContext, record: ThemeRecord) -> float:
    return volume_before(context, record, record.issue.since if record.issue else None)


def _happened(decision: Decision, before: StoredIssue | None) -> str:
    if before is None:
        return "became a known issue"
    return "was flagged anew" if decision.payload.get("issue") is None else "joined"


def _named(effects: DecisionEffects, decision: Decision) -> list[ThemeRecord]:
    return [effects.record(theme) for theme in (decision.theme_id, *decision.payload.get("themes", ()))]


def _joined(context: EpochContext, decision: Decision, members: Sequence[ThemeRecord]) -> StoredIssue | None:
    """Return the known issue that exists already: the one that is joined, or that of the theme whose flag is set anew."""
    asked = decision.payload.get("issue")
    if asked is not None:
        issue = _known(context, asked)
        if issue.state is IssueState.CLOSED:
            raise DecisionRefused(f"known issue {asked} is closed")
        return issue
    return _issue_of(context, members[0]) if len(members) == 1 else None


def _opened(context: EpochContext, decision: Decision) -> StoredIssue:
    state = IssueState(decision.payload.get("state") or IssueState.INVESTIGATING)
    start = context.window.start
    issue = StoredIssue(
        issue_id=decision.decision_id, title=decision.payload["title"], state=state, opened_at=start, updated_at=start
    )
    return _detailed(issue, decision.payload)


def _detailed(issue: StoredIssue, changes: Mapping[str, Any]) -> StoredIssue:
    """Return a known issue with the details that are changed; those that are not named stay."""
    said = {name: changes[name] for name in DETAILS if name in changes}
    if "fix_expected_at" in changes:
        said["fix_expected_at"] = parse_rfc3339(changes["fix_expected_at"])
    return replace(issue, **said)


def _flag(effects: DecisionEffects, record: ThemeRecord, issue: StoredIssue, decision: Decision) -> None:
    """Flag a theme with the volume of now; one that joins a fixed issue is fixed, too."""
    context = effects.context
    others = [one for one in context.state.themes.of_issue(issue.issue_id) if one is not record]
    fix = {name: (others[0].known_issue or {}).get(name) for name in NOT_FIXED} if others else {}
    if any(fix.values()):
        fix["before_per_day"] = _volume_before(context, record)
    flag = {
        **{name: getattr(issue, name) for name in COPIED},
        "since": context.window.start.isoformat(), "usual_per_day": volume_of(context, record.theme_id),
        "issue": issue.issue_id, "state": issue.state.value, **{name: value for name, value in fix.items() if value},
    }  # fmt: skip
    record.disposition = None
    effects.flag(record, flag, cause=_cause(decision, f"it is known issue {issue.issue_id}"))


def _follow(
    effects: DecisionEffects, record: ThemeRecord, before: StoredIssue, after: StoredIssue, decision: Decision
) -> None:
    """Change the flag of a theme as the state of its known issue changes."""
    if before.state is after.state:
        return
    cause = _cause(decision, f"known issue {after.issue_id} is {after.state.value}")
    if after.state is IssueState.CLOSED:
        effects.flag(record, None, cause=cause)
        return
    flag = dict(record.known_issue or {})
    if after.state in open_states():
        flag.update(NOT_FIXED)
    elif after.state is IssueState.RESOLVED:
        start = effects.context.window.start.isoformat()
        if not flag.get("fixed_at"):
            flag.update({"fixed_at": start, "before_per_day": _volume_before(effects.context, record)})
        flag.update({"resolved_at": start, "regressed_at": None})
    effects.flag(record, flag, cause=cause)


def _copy(effects: DecisionEffects, issue: StoredIssue) -> None:
    """Copy what flags have of a known issue into those of all its themes."""
    copied = {**{name: getattr(issue, name) for name in COPIED}, "state": issue.state.value}
    for record in effects.context.state.themes.of_issue(issue.issue_id):
        flag = record.known_issue or {}
        if any(flag.get(name) != value for name, value in copied.items()):
            effects.flag(record, {**flag, **copied})


def _restore(effects: DecisionEffects, undone: Decision, issue_id: int) -> None:
    context = effects.context
    now = read_issue(context.connection, issue_id)
    stored = (undone.outcome or {})["issue_before"]
    values = {name: parse_rfc3339(value) if name in TIMES else value for name, value in stored.items()}
    issue = StoredIssue(**{**values, "state": IssueState(stored["state"])})
    write_issue(context.connection, issue)
    reason = f"decision {undone.decision_id} was undone"
    issue = set_issue(context, issue, now.state, at=context.window.start, actor=undone.actor, reason=reason)
    _copy(effects, issue)


def _outcome(members: Sequence[ThemeRecord], issue: StoredIssue | None) -> DecisionOutcome:
    """Return what an undo needs: the known issue, and what was said of the themes."""
    said = {
        str(one.theme_id): {"known_issue": one.known_issue, "disposition": one.disposition} for one in members
    }  # fmt: skip
    first = members[0].known_issue if members else None
    outcome: DecisionOutcome = {"before": first, "themes": said}
    if issue is not None:
        row = {name: rfc3339(value) if name in TIMES else value for name, value in asdict(issue).items()}
        outcome |= {"issue": issue.issue_id, "issue_before": {**row, "state": issue.state.value}}
    return outcome


def _issue_of(context: EpochContext, record: ThemeRecord, asked: int | None = None) -> StoredIssue | None:
    """Return the known issue of a theme, or the one that is asked for; None for a flag from before they had numbers."""
    issue_id = asked or (record.issue.issue_id if record.issue else None)
    return None if issue_id is None else _known(context, issue_id)


def _known(context: EpochContext, issue_id: int) -> StoredIssue:
    try:
        return read_issue(context.connection, issue_id)
    except KnownIssueUnknown as error:
        raise DecisionRefused(f"known issue {issue_id} is not there any more") from error


def _allowed(issue: StoredIssue, after: IssueState) -> None:
    try:
        check_by_people(issue.issue_id, issue.state, after)
    except TransitionRefused as error:
        raise DecisionRefused(str(error)) from error


def _state(issue: StoredIssue | None, state: IssueState) -> dict[str, str]:
    return {} if issue is None else {"state": state.value}


def _cause(decision: Decision, said: str) -> tuple[str, str]:
    return decision.why or said, decision.actor
