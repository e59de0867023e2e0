"""What a message says, before it is written as text, Markdown, HTML or blocks. All texts are plain: whoever writes them escapes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageFact:
    """A label and what it says, such as `Since` and a time. `url` is where that leads, if anywhere."""

    label: str
    value: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MessageQuote:
    """Words of a ticket, as short as digests quote them, with its id."""

    ticket_id: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageLink:
    """Something that a reader can open: a page of the console, or a link by which they say what they think of the message."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The parts of a message in the order in which they are read.

    heading: what happened, in one or two words. title: to what. reason: one sentence with the figures. causes: ranked, with evidence.
    """

    heading: str
    title: str
    reason: str
    facts: tuple[MessageFact, ...] = ()
    causes: tuple[str, ...] = ()
    quotes: tuple[MessageQuote, ...] = ()
    page: MessageLink | None = None
    feedback: tuple[MessageLink, ...] = ()

    @property
    def headline(self) -> str:
        """Heading and title on one line: the subject of a mail."""
        return ": ".join(part for part in (self.heading, self.title) if part)
