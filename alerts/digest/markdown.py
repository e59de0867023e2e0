"""A digest as Markdown: readable without rendering, in a terminal, a chat or a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.digest.escape import escape_markdown, web_address
from alerts.digest.records import (
    Digest,
    DigestExplanation,
    KnownIssueFlag,
    LaunchStory,
    PlanLine,
    QuietTheme,
    SpikeStory,
    ThemeStory,
)
from alerts.digest.sparkline import in_words, sparkline
from alerts.digest.title import ending, launch_verdict, usual, usual_of, window_title
from models.demand.figures import demand_sentence
from models.formats import counted, figure, utc_minute, utc_range
from store.digests import DigestWindow

MOST_LISTED = 40
"""Themes in the closing list; the others are counted."""


def render_markdown(digest: Digest) -> str:
    """Write the digest as CommonMark; nothing that a ticket says is markup in it.

    The same digest gives the same bytes.
    """
    return "\n".join(_lines(digest)).rstrip("\n") + "\n"


def _lines(digest: Digest) -> Iterator[str]:
    yield f"# {escape_markdown(digest.audience)}: {window_title(digest.window, digest.timezone)}"
    yield ""
    yield f"**{escape_markdown(digest.headline)}**"
    yield ""
    for number, story in enumerate(digest.stories, start=1):
        yield from _story(number, story, digest.window)
    if digest.further:
        yield from _list("Also worth a look", digest.further)
    if digest.launches:
        yield "## Launches"
        yield ""
        for launch in digest.launches:
            yield from _launch(launch)
    if digest.silent:
        yield from _list("Fell silent", digest.silent)
    if digest.quiet:
        yield from _list("Quiet themes", digest.quiet)
    if no_demand := demand_sentence(digest.no_demand):
        yield f"{no_demand}. None of the figures above counts them."


def _story(number: int, story: ThemeStory, window: DigestWindow) -> Iterator[str]:
    yield f"## {number}. {escape_markdown(story.name)}"
    yield ""
    about = f"theme {story.theme_id}, {story.status}" if story.theme_id else "every theme and none"
    yield f"*{', '.join(story.labels)}* · **{story.observed:,} tickets**, {usual(story)} · {about}"
    yield ""
    yield f"`{sparkline(story.hours)}` {in_words(story.hours, story.spikes)}"
    yield ""
    if story.known_issue:
        yield f"**Known issue:** {_known_issue(story.known_issue)}"
        yield ""
    for spike in story.spikes:
        yield from _spike(spike, window)
    if story.further_spikes:
        yield f"{story.further_spikes} further spikes of this theme are in `groundswell spikes list`."
        yield ""
    for evidence in story.evidence:
        yield f"> {escape_markdown(evidence.text)} — *{escape_markdown(evidence.ticket_id)}*"
        yield ""


def _known_issue(issue: KnownIssueFlag) -> str:
    jira = f" ({escape_markdown(issue.jira)})" if issue.jira else ""
    workaround = f" Workaround: {escape_markdown(issue.workaround)}" if issue.workaround else ""
    return f"{escape_markdown(issue.title)}{jira}.{workaround}"


def _spike(spike: SpikeStory, window: DigestWindow) -> Iterator[str]:
    withheld = f" No alert of its own, because {escape_markdown(spike.withheld)}." if spike.withheld else ""
    yield f"**Spike {spike.spike_id}:** {escape_markdown(spike.sentence)}. {ending(spike, window)}{withheld}"
    if spike.note:
        yield f"{escape_markdown(spike.note)}"
    yield ""
    for explanation in spike.explanations:
        yield f"- {_explanation(explanation)}"
    if not spike.explanations:
        yield f"- {escape_markdown(spike.verdict or 'nothing on record explains it')}"
    yield ""


def _explanation(explanation: DigestExplanation) -> str:
    reason = escape_markdown(explanation.reason)
    change = explanation.change
    if change is None:
        return reason
    address = web_address(change.url)
    title = escape_markdown(change.title)
    linked = f"[{title}](<{address}>)" if address else title
    kind = escape_markdown(change.kind.replace("_", " "))
    return f"{reason} ({kind}: {linked}, {utc_minute(change.time)})"


def _launch(launch: LaunchStory) -> Iterator[str]:
    span = utc_range(launch.start, launch.end)
    scope = escape_markdown(str(launch.scope))
    yield (
        f"**{escape_markdown(launch.title)}** ({escape_markdown(launch.kind)}, {span}, {scope}): "
        f"{launch_verdict(launch)}."
    )
    yield ""
    for line in launch.lines:
        yield f"- {escape_markdown(line.name)}: {_position(line)}"
    if launch.lines:
        yield ""


def _position(line: PlanLine) -> str:
    position = line.position
    planned = ""
    if position.envelope is not None:
        low, mean, high = (
            figure(value) for value in (position.envelope.low, position.envelope.mean, position.envelope.high)
        )
        planned = f" where {mean} were planned ({low} to {high})"
    return f"{counted(position.actual, 'ticket')}{planned}: **{line.verdict}**"


def _list(title: str, themes: Sequence[QuietTheme]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for theme in themes[:MOST_LISTED]:
        yield f"- {escape_markdown(theme.name)}: {theme.observed:,}, {usual_of(theme)}"
    if len(themes) > MOST_LISTED:
        yield f"- and {len(themes) - MOST_LISTED} more"
    yield ""
