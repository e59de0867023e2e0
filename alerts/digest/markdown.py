"""A digest as Markdown: readable without rendering, in a terminal, a chat or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.digest.about import ItemLine, about
from alerts.digest.escape import escape_markdown, web_address
from alerts.digest.leadership import summary_lines
from alerts.digest.links import DigestLinks
from alerts.digest.records import Digest, DigestItem, LaunchStory
from alerts.digest.sparkline import sparkline
from alerts.digest.title import window_title
from alerts.digest.wording import (
    dates_of,
    how_much,
    launch_about,
    launch_verdict,
    one_liners,
    plan_line,
    reach,
    shown_lines,
)
from models.demand.figures import demand_sentence


def render_markdown(digest: Digest, links: DigestLinks | None = None) -> str:
    """Write the digest as CommonMark; nothing that a ticket says is markup in it.

    The same digest and links give the same bytes.
    """
    return "\n".join(_lines(digest, links or DigestLinks())).rstrip("\n") + "\n"


def _lines(digest: Digest, links: DigestLinks) -> Iterator[str]:
    dates = dates_of(digest)
    yield f"# {escape_markdown(digest.audience)}: {escape_markdown(window_title(digest.window, dates, digest.kind))}"
    yield ""
    if digest.narration:
        yield escape_markdown(digest.narration)
        yield ""
    for line in summary_lines(digest):
        yield f"- {escape_markdown(line)}"
    yield ""
    for number, item in enumerate(digest.items, start=1):
        yield from _item(number, item, digest, links)
    if digest.launches:
        yield "## Launches"
        yield ""
        for launch in digest.launches:
            yield from _launch(launch, digest, links)
    for heading, line in one_liners(digest):
        yield f"**{escape_markdown(heading)}:** {escape_markdown(line)}"
        yield ""
    if no_demand := demand_sentence(digest.no_demand):
        yield f"{no_demand}. None of the figures above counts them."
        yield ""
    board = _link("All themes", links.board())
    yield f"*Times are those of {escape_markdown(digest.timezone)}.*{f' {board}' if board else ''}"


def _item(number: int, item: DigestItem, digest: Digest, links: DigestLinks) -> Iterator[str]:
    yield f"## {number}. {escape_markdown(item.name)}"
    yield ""
    labels = f"*{', '.join(item.labels)}* · " if item.labels else ""
    people = f" · {reach(item)}" if reach(item) else ""
    yield f"{labels}**{how_much(item)}**{people}"
    yield ""
    if item.hours:
        yield f"`{sparkline(item.hours)}`"
        yield ""
    for line in about(item, digest):
        yield f"- **{line.heading}:** {_linked(line)}"
    yield ""
    for evidence in item.evidence:
        yield f"> {escape_markdown(evidence.text)} — *{escape_markdown(evidence.ticket_id)}*"
        yield ""
    addresses = {"Console": links.theme(item.theme_id), **links.further(item)}
    found = [_link(name, address) for name, address in addresses.items()]
    if any(found):
        yield " · ".join(one for one in found if one)
        yield ""


def _linked(line: ItemLine) -> str:
    linked = f" ({_link(line.url_text, line.url)})" if line.url else ""
    return f"{escape_markdown(line.text)}{linked}"


def _launch(launch: LaunchStory, digest: Digest, links: DigestLinks) -> Iterator[str]:
    about = escape_markdown(launch_about(launch, dates_of(digest)))
    title = _link(launch.title, links.launch(launch.launch_id)) or f"**{escape_markdown(launch.title)}**"
    yield f"{title} ({about}): {escape_markdown(launch_verdict(launch))}."
    yield ""
    lines = [f"- {escape_markdown(line.name)}: {escape_markdown(plan_line(line))}" for line in shown_lines(launch)]
    if launch.closing is not None:
        lines += [f"- {escape_markdown(line)}" for line in (launch.closing.sentence, *launch.closing.past)]
    yield from lines
    if lines:
        yield ""


def _link(name: str, address: str | None) -> str:
    safe = web_address(address)
    return f"[{escape_markdown(name)}](<{safe}>)" if safe else ""
