"""Silencing: what a person asks not to be notified of becomes a silence, or is refused in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from alerts.ownership import EVERYONE, Ownership
from alerts.silences.matching import ActiveSilence
from models.formats import counted, harmless, utc_minute
from models.redaction import quoted, redact
from models.segment import EVERYTHING
from models.silence import Silence, SilenceKind, SilenceMatchers
from models.theme import ALL_TICKETS
from pipelines.past.explain import check_watched, segment_of
from pipelines.settings import MiningSettings
from store.alerts import Alert, alerts_since
from store.epochs import read_mined_until
from store.errors import StoreError, ThemeUnknown
from store.silences import insert_silence, read_silences
from store.spikes import read_spikes
from store.survivors import survivors_of
from store.themes import read_themes
from store.types import LARGEST_ID

Embed = Callable[[str], NDArray[np.floating]]

LONGEST = timedelta(days=366)
"""A silence that lasts longer is a mute rule."""
PREVIEWED = timedelta(days=7)
"""Event time whose alerts a preview looks at."""
REVIEWED_AFTER = timedelta(days=30)
"""When a mute rule is reviewed where nobody says when."""
MOST_THEMES = 100
"""Ids and patterns of one silence."""

_ID = re.compile(r"[+-]?[0-9]+")
_WILD = re.compile(r"\[[^\]]*\]|[*?]")
_FEWEST_LETTERS = 2
"""Letters and digits of a pattern outside its wildcards: one with fewer is the name of almost any theme."""
_LENGTHS = {"reason": 500, "owner": 128, "like": 2000, "theme": 200}


class SilenceInvalid(StoreError):
    """A silence that cannot be made as it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceDraft:
    """A silence as a person asks for it.

    Parameters
    ----------
    themes: ids, and patterns of names. segment: as people write it, `region=US`. like: an example text.
    start: default now. until, lasts: the end, or the length; neither of a mute rule.
    mute, review: whether it is a mute rule, and when that is reviewed.
    """

    owner: str
    reason: str
    themes: Sequence[str] = ()
    segment: str | None = None
    like: str | None = None
    audience: str | None = None
    start: datetime | None = None
    until: datetime | None = None
    lasts: timedelta | None = None
    mute: bool = False
    review: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencingRules:
    """What a silence is checked by.

    Parameters
    ----------
    embed: returns the vector of a redacted text, by the model that the database was mined with; None where there is no model.
    now: wall clock.
    """

    mining: MiningSettings
    ownership: Ownership
    now: datetime
    embed: Embed | None = None


@dataclass(frozen=True, slots=True)
class SilencePreview:
    """A silence as it would be added, and the alerts of the days before that it would have hidden.

    hidden: None where that is not known, because an example text chooses themes when the miner reads it.
    alerts: how many were opened in that time. same: silences in force that say the same. days: how long that time is.
    """

    silence: Silence
    hidden: tuple[Alert, ...] | None
    alerts: int
    same: tuple[int, ...] = ()
    days: int = PREVIEWED.days

    @property
    def sentence(self) -> str:
        """What it would have hidden, in a sentence."""
        of = f"of the {counted(self.alerts, 'alert')} of the last {self.days} days"
        if self.hidden is None:
            return (
                f"It chooses themes by an example text, so that it is not known before which {of} it would have hidden."
            )
        return f"It would have hidden {len(self.hidden):,} {of}."


def add_silence(connection: Connection, draft: SilenceDraft, rules: SilencingRules) -> Silence:
    """Check a silence and add it. What people typed is redacted first.

    Raises `SilenceInvalid`, `ThemeUnknown`, and what `segment_of` and `check_watched` raise.
    """
    return insert_silence(connection, checked_silence(connection, draft, rules))


def preview_silence(connection: Connection, draft: SilenceDraft, rules: SilencingRules) -> SilencePreview:
    """Check a silence without adding it, and find what it would have hidden. Raises as `add_silence` does."""
    silence = checked_silence(connection, draft, rules)
    mined = read_mined_until(connection)
    recent = [] if mined is None else alerts_since(connection, mined - PREVIEWED)
    active = [one for one in read_silences(connection) if one.active_at(rules.now)]
    same = tuple(one.silence_id for one in active if one.matchers == silence.matchers)
    hidden = None if silence.matchers.like is not None else tuple(_hidden(connection, silence, recent))
    return SilencePreview(silence, hidden, len(recent), same)


def _hidden(connection: Connection, silence: Silence, recent: Sequence[Alert]) -> Iterator[Alert]:
    names = read_themes(connection)
    spikes = read_spikes(connection, spike_ids=[one.spike_id for one in recent if one.spike_id is not None])
    segments = {one.spike_id: one.segment for one in spikes}
    ids = [one for one in silence.matchers.themes if isinstance(one, int)]
    merged = survivors_of(connection, ids)
    active = ActiveSilence(silence=silence, survivors=frozenset(merged.get(one, one) for one in ids))
    for one in recent:
        name = names[one.theme_id].name if one.theme_id in names else ""
        segment = EVERYTHING if one.spike_id is None else segments.get(one.spike_id, EVERYTHING)
        if silence.matchers.audience in (None, one.audience) and active.covers(one.theme_id, name, segment):
            yield one


def checked_silence(connection: Connection, draft: SilenceDraft, rules: SilencingRules) -> Silence:
    """Make the silence that is asked for, without adding it; its number is 0. Raises as `add_silence` does."""
    owner, reason = _plain("owner", draft.owner), _redacted("reason", draft.reason)
    if redact(owner).counts:
        raise SilenceInvalid(f"received the owner {quoted(owner, 60)}; valid is a user name or an audience")
    matchers = _matchers(connection, draft, rules)
    starts_at, ends_at, review_at = _times(connection, draft, rules.now)
    example = None
    if matchers.like is not None:
        if rules.embed is None:
            raise SilenceInvalid(
                "received an example text, but there is no embedding model here; use `groundswell silences add --like`"
            )
        example = np.asarray(rules.embed(matchers.like), np.float32)
    return Silence(
        silence_id=0, kind=SilenceKind.MUTE if draft.mute else SilenceKind.SILENCE, owner=owner, reason=reason, matchers=matchers,
        created_at=rules.now, starts_at=starts_at, ends_at=ends_at, review_at=review_at, example=example,
    )  # fmt: skip


def _matchers(connection: Connection, draft: SilenceDraft, rules: SilencingRules) -> SilenceMatchers:
    segment = segment_of(draft.segment)
    if segment.pairs:
        check_watched(segment, rules.mining)
    found = SilenceMatchers(
        themes=_themes(connection, draft.themes), segment=segment, audience=draft.audience,
        like=None if draft.like is None else _redacted("like", draft.like),
    )  # fmt: skip
    names = [one.name for one in rules.ownership.audiences]
    if found.audience is not None and found.audience not in names:
        valid = ", ".join(names)
        raise SilenceInvalid(f"received the audience {quoted(found.audience, 60)}; valid are {valid}")
    alone = found.audience == EVERYONE and not (found.themes or segment.pairs or found.like)
    if found.empty or alone:
        raise SilenceInvalid(
            "received nothing that says what is silenced, which would silence everything; say a theme, a segment, an example text or "
            "an audience other than everyone"
        )
    return found


def _themes(connection: Connection, asked: Sequence[str]) -> tuple[int | str, ...]:
    if len(asked) > MOST_THEMES:
        raise SilenceInvalid(
            f"received {len(asked)} themes; valid are up to {MOST_THEMES}: use a pattern of their names"
        )
    known = read_themes(connection) if asked else {}
    found: list[int | str] = []
    for text in asked:
        one = _theme(text, known)
        if one not in found:
            found.append(one)
    return tuple(found)


def _theme(text: str, known: object) -> int | str:
    plain = _plain("theme", text)
    if _ID.fullmatch(plain):
        # Python reads no number of more than some thousand digits.
        number = int(plain) if len(plain) <= len(str(LARGEST_ID)) + 1 else LARGEST_ID + 1
        if number != ALL_TICKETS and number not in known:  # type: ignore[operator]
            raise ThemeUnknown(number)
        return number
    letters = sum(one.isalnum() for one in _WILD.sub("", plain))
    if letters < _FEWEST_LETTERS:
        raise SilenceInvalid(
            f"received the pattern {quoted(plain, 60)}, which would silence everything; valid are patterns with at least "
            f"{_FEWEST_LETTERS} letters or digits outside of wildcards"
        )
    if redact(plain).counts:
        raise SilenceInvalid(
            "received a pattern with personal data, which no name of a theme has; say what the theme is about"
        )
    return plain


def _times(
    connection: Connection, draft: SilenceDraft, now: datetime
) -> tuple[datetime, datetime | None, datetime | None]:
    """Return start, end and review; each is checked against the other times and against what was mined."""
    start = draft.start or now
    if draft.mute:
        if draft.until is not None or draft.lasts is not None:
            raise SilenceInvalid(
                "received a mute rule with an end; a mute rule has a date of review, a silence has an end"
            )
        review = draft.review or start + REVIEWED_AFTER
        if review <= max(start, now):
            raise SilenceInvalid(f"received the review at {utc_minute(review)}, which is not after its start and now")
        return start, None, review
    if draft.review is not None:
        raise SilenceInvalid("received a date of review for a silence; only a mute rule is reviewed")
    if (draft.until is None) == (draft.lasts is None):
        raise SilenceInvalid(
            "received no end, or two; say how long the silence lasts, or until when, or make it a mute rule"
        )
    end = _end(start, draft)
    if end <= start:
        because = "now" if draft.start is None else f"its start, {utc_minute(start)}"
        raise SilenceInvalid(f"received the end {utc_minute(end)}, which is not after {because}; give a later one")
    if end - start > LONGEST:
        raise SilenceInvalid(
            f"received a silence of {(end - start).days:,} days; valid are up to {LONGEST.days}: make it a mute rule, which is reviewed"
        )
    mined = read_mined_until(connection)
    if draft.start is not None and mined is not None and end <= mined:
        raise SilenceInvalid(
            f"received the end {utc_minute(end)}, but tickets were mined until {utc_minute(mined)} already; give a later one"
        )
    return start, end, None


def _end(start: datetime, draft: SilenceDraft) -> datetime:
    if draft.until is not None:
        return draft.until
    try:
        return start + (draft.lasts or timedelta(0))
    except OverflowError as error:
        raise SilenceInvalid("received a length beyond the calendar; make it a mute rule, which is reviewed") from error


def _plain(name: str, text: str) -> str:
    plain = text.strip()
    if harmless(plain) != plain or "\n" in plain or "\t" in plain:
        raise SilenceInvalid(f"received a {name} with control characters; valid is one line of plain text")
    if not plain:
        raise SilenceInvalid(f"received an empty {name}; say something")
    if len(plain) > _LENGTHS[name]:
        raise SilenceInvalid(f"received a {name} of {len(plain):,} characters; valid are up to {_LENGTHS[name]:,}")
    return plain


def _redacted(name: str, text: str) -> str:
    return redact(_plain(name, text)).text
