"""The vectors of a batch: of the texts that the model reads, and of the words of the other tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.embedding import Embedder, languages_read
from models.event import Event, LaunchEvent, TicketEvent, TicketEventType
from models.language.embed import unread_language
from models.language.words import word_vectors
from models.text import ticket_text


class StoredVector(NamedTuple):
    """A vector as bytes, little-endian float16; `language` is that of the ticket where the vector is of its words."""

    vector: bytes
    language: str | None = None


@dataclass(frozen=True, slots=True)
class BatchVectors:
    """The vectors of a batch, by text, and those of tickets in a language that the model does not read, by (source, id)."""

    texts: Mapping[str, bytes] = field(default_factory=dict)
    words: Mapping[tuple[str, str], StoredVector] = field(default_factory=dict)

    def of(self, event: TicketEvent, text: str) -> StoredVector | None:
        """Return the vector of a ticket with this text; None where there is none."""
        known = self.words.get((event.source, event.id))
        if known is not None or text not in self.texts:
            return known
        return StoredVector(self.texts[text])


def embed_events(embedder: Embedder, events: Sequence[Event], macros: Sequence[str]) -> BatchVectors:
    """Embed the texts of tickets and the example texts of plans; each text that the model reads is embedded once.

    The language of a ticket is decided here, once, and stored with its vector. A plan's text that the model does not read gets no
    vector: that of the model would be arbitrary, and reach a theme by chance.
    """
    read = languages_read(embedder)
    texts: dict[str, None] = {}
    words: dict[tuple[str, str], StoredVector] = {}
    for event in events:
        if isinstance(event, LaunchEvent):
            abouts = filter(None, (one.about for one in event.data.expected))
            texts.update(dict.fromkeys(one for one in abouts if unread_language(one, None, read) is None))
        elif event.type == TicketEventType.CREATED and isinstance(event, TicketEvent):
            text = ticket_text(event.data.title, event.data.body, macros)
            language = unread_language(text, event.data.language, read)
            if language is None:
                texts[text] = None
            else:
                vector = word_vectors([text], [language])[0]
                words[event.source, event.id] = StoredVector(vector.astype("<f2").tobytes(), language)
    texts.pop("", None)
    vectors = embedder.embed(list(texts)) if texts else ()
    return BatchVectors(
        {text: vector.astype("<f2").tobytes() for text, vector in zip(texts, vectors, strict=True)}, words
    )
