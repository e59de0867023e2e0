"""The first lines of a digest: what changed, how much, who is on it."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.digest.comparison import Trend
from alerts.digest.promises import promises_summary
from alerts.digest.records import Digest, DigestItem
from alerts.digest.wording import dates_of, difference, launch_verdict, listed
from alerts.ownership import EVERYONE
from models.formats import amount, counted, multiple

MOST_THEMES = 0.9
"""Share of the themes that must have an expectation for their sum to be compared with their tickets."""

LINES = 6
"""A digest has no more lines for those who read no further."""


def summary_lines(digest: Digest) -> list[str]:
    """Write one to six lines: volume and items, service levels, what changed, who is on it, what went out, launches."""
    promised = promises_summary(digest.promises, dates_of(digest), digest.window.start)
    lines = [headline(digest), promised, _changes(digest), _on_it(digest), _notices(digest), _launches(digest)]
    return [line for line in lines if line][:LINES]


def headline(digest: Digest) -> str:
    """Write the digest in one sentence: how many tickets came, and what of them is out of the ordinary.

    No window in which an alert went out, to whomever, is summarized as ordinary.
    """
    if digest.empty:
        return f"No ticket came in the themes of {digest.audience}, and none was missed."
    return f"{_volume(digest)}: {_notable(digest)}."


def _volume(digest: Digest) -> str:
    """Write how many tickets came: in the audience's themes, or in all for who mainly reads about others' themes."""
    if digest.covers_all:
        usual = "" if digest.all_expected is None else f" where {amount(digest.all_expected)} were expected"
        return f"{counted(digest.all_tickets, 'ticket')}{usual}, {digest.tickets:,} of them in {counted(digest.themes, 'theme')}"
    others = sum(item.owner != digest.audience for item in digest.items)
    if not digest.themes or 2 * others > len(digest.items):
        usual = "" if digest.all_expected is None else f" where {amount(digest.all_expected)} were expected"
        return f"{counted(digest.all_tickets, 'ticket')} in all{usual}, {_own(digest)}"
    usual = _usual(digest.expected, digest.expected_themes, digest.themes)
    share = "" if digest.tickets == digest.all_tickets else f", of {digest.all_tickets:,} in all"
    return f"{counted(digest.tickets, 'ticket')} in {counted(digest.themes, 'theme')}{usual}{share}"


def _usual(expected: float | None, of_themes: int, themes: int) -> str:
    """Write what was expected, where most of the themes have a history to say so."""
    if expected is None or of_themes < MOST_THEMES * themes:
        return ""
    return f" where {amount(expected)} were expected"


def _own(digest: Digest) -> str:
    if digest.themes:
        return f"{digest.tickets:,} in {counted(digest.themes, 'theme')} of {digest.audience}"
    return "each theme has an owner" if digest.audience == EVERYONE else f"none in themes of {digest.audience}"


def _notable(digest: Digest) -> str:
    if digest.items:
        number = len(digest.items) + len(digest.further)
        return f"{counted(number, 'item')} to look at, {_named(digest.items)}"
    if digest.sent:
        return f"{counted(digest.sent, 'alert')} went out to you, and what it was about is no longer a theme of its own"
    if digest.silent:
        return f"{counted(len(digest.silent), 'theme')} fell silent"
    if digest.sent_elsewhere:
        return "nothing in particular for you, while alerts went out to others"
    return "nothing out of the ordinary"


def _named(items: Sequence[DigestItem]) -> str:
    return "first " + listed([f"{item.name} ({_amount(item)})" for item in items], 2)


def _amount(item: DigestItem) -> str:
    """Write how large an item is: by its most severe spike, else by its tickets of the window."""
    if item.signals:
        signal = item.signals[0]
        ratio = f", {multiple(signal.observed / signal.expected)}" if signal.expected >= 0.05 else ""
        return f"{signal.observed - signal.expected:+,.0f}{ratio}".replace("-", "\N{MINUS SIGN}")
    return difference(item) if item.expected is not None else counted(item.observed, "ticket")


def _changes(digest: Digest) -> str:
    if digest.compared_with is None:
        return ""
    before = dates_of(digest).short_day(digest.compared_with.start)
    found = [
        f"{sum(item.trend is trend for item in digest.items)} {trend.value}"
        for trend in Trend
        if any(item.trend is trend for item in digest.items)
    ]
    if digest.resolved:
        found.append(f"{len(digest.resolved)} over ({listed(digest.resolved, 2)})")
    return f"Since the digest of {before}: {', '.join(found) or 'nothing new, nothing resolved'}."


def _on_it(digest: Digest) -> str:
    if not digest.items:
        return ""
    owners = list(dict.fromkeys(item.owner for item in digest.items if item.owner != EVERYONE))
    parts = [f"{listed(owners)} must act" if owners else "everyone: no audience has it as its own"]
    taken = sum(item.acknowledged for item in digest.items)
    flagged = [item.known_issue.jira or item.known_issue.title for item in digest.items if item.known_issue is not None]
    parts.append(f"{taken} of {len(digest.items)} acknowledged")
    parts.append(f"known issue {listed(flagged)}" if flagged else "none flagged as a known issue yet")
    return f"On it: {'; '.join(parts)}."


def _notices(digest: Digest) -> str:
    others = listed([f"{name} {number}" for name, number in digest.sent_elsewhere.items()], 5)
    if not digest.sent and not others:
        return ""
    own = f"{counted(digest.sent, 'alert')} went out to you" if digest.sent else "No alert went out to you"
    return f"{own}; to others: {others}." if others else f"{own}."


def _launches(digest: Digest) -> str:
    closed = [launch.closing.sentence for launch in digest.launches if launch.closing is not None]
    if closed:
        return " ".join(closed)
    found = [f"{launch.title}: {launch_verdict(launch)}" for launch in digest.launches if launch.lines]
    return f"{'; '.join(found[:2])}." if found else ""
