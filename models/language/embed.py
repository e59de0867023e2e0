"""Vectors of tickets of any language: of their meaning where the model reads the language, else of their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.embedding import Embedder, StoredVectors, languages_read
from models.language.identify import identify
from models.language.words import word_vectors


class TextVectors(NamedTuple):
    """The vectors of n texts, float16 of shape (n, 384), and the language of each vector of words, None for one of the model."""

    vectors: StoredVectors
    languages: list[str | None]


def unread_language(text: str, stated: str | None, read: frozenset[str] | None) -> str | None:
    """Return the language of a text if a model does not read it, else None.

    Parameters
    ----------
    text : str
    stated : str, optional
        Language that the ticket's event states.
    read : set of codes, optional
        Languages that the model reads; None for all.
    """
    if read is None:
        return None
    found = identify(text, stated)
    return None if found in read else found


def embed_tickets(embedder: Embedder, texts: Sequence[str], stated: Sequence[str | None]) -> TextVectors:
    """Embed the texts of tickets; `stated` are the languages that their events state, in the order of `texts`."""
    read = languages_read(embedder)
    languages = [unread_language(text, said, read) for text, said in zip(texts, stated, strict=True)]
    vectors = np.zeros((len(texts), embedder.dimensions), np.float16)
    known = [row for row, language in enumerate(languages) if language is None]
    if known:
        vectors[known] = embedder.embed([texts[row] for row in known])
    unread = {row: language for row, language in enumerate(languages) if language is not None}
    if unread:
        vectors[list(unread)] = word_vectors([texts[row] for row in unread], list(unread.values()))
    return TextVectors(vectors, languages)
