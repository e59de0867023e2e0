"""What a digest says of an item line by line, in the order of reading: the next step first. The same in every form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.digest.escape import web_address
from alerts.digest.procedures import procedures_line
from alerts.digest.promises import promises_line
from alerts.digest.records import Digest, DigestItem, SignalStory
from alerts.digest.wording import dates_of, known_issue, owner, place, since, trend
from models.formats import counted


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A line of an item: a heading and plain text, and a link to what the text names, where there is a safe one."""

    heading: str
    text: str
    url: str | None = None
    url_text: str = ""


def about(item: DigestItem, digest: Digest) -> list[ItemLine]:
    """List what is said of an item."""
    return [
        *_step(item),
        *_when(item, digest),
        *_spikes(item),
        *_causes(item),
        *_handling(item, digest),
        *_people(item),
    ]


def _step(item: DigestItem) -> Iterator[ItemLine]:
    if item.next_step is not None:
        yield ItemLine("Next step", item.next_step.sentence)


def _when(item: DigestItem, digest: Digest) -> Iterator[ItemLine]:
    said = [one for one in (since(item, digest), trend(item)) if one]
    if said:
        yield ItemLine("Since", "; ".join(said))


def _spikes(item: DigestItem) -> Iterator[ItemLine]:
    for signal in item.signals:
        yield ItemLine(f"Spike {signal.spike_id}", _spike(signal))
    if item.further_signals:
        yield ItemLine("More", f"{counted(item.further_signals, 'further spike')} in groundswell spikes list.")


def _spike(signal: SignalStory) -> str:
    withheld = f". No alert of its own, because {signal.withheld}" if signal.withheld else ""
    note = f" ({signal.note})" if signal.note else ""
    return f"{signal.sentence}{withheld}{note}."


def _causes(item: DigestItem) -> Iterator[ItemLine]:
    if item.where:
        yield ItemLine("Where", f"{'; '.join(place(one) for one in item.where)}.")
    for reason in item.why:
        yield ItemLine("Why", reason.sentence, web_address(reason.url), reason.title)
    if not item.why and item.no_cause:
        yield ItemLine("Why", item.no_cause)
    if item.seen_before:
        yield ItemLine("Seen before", item.seen_before)
    if item.parts:
        yield ItemLine("Same event", f"{', '.join(f'{part.name} ({part.observed:,})' for part in item.parts)}.")


def _handling(item: DigestItem, digest: Digest) -> Iterator[ItemLine]:
    if item.promises is not None:
        yield ItemLine("Service levels", promises_line(item.promises, dates_of(digest), digest.window.start))
    if item.procedures:
        yield ItemLine("Procedure", procedures_line(item.procedures))


def _people(item: DigestItem) -> Iterator[ItemLine]:
    jira = None if item.known_issue is None else item.known_issue.jira
    yield ItemLine("Known issue", known_issue(item), web_address(jira), jira or "")
    yield ItemLine("Owner", owner(item))
    if item.seen_because != "owner":
        yield ItemLine("You see it", f"{item.seen_because}.")
