"""Which languages a model reads: what its folder says, and what people declare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from models.embedding.base import Embedder
from models.embedding.wrapping import WrappingEmbedder

ALL_LANGUAGES = "all"
"""Declares that a model reads all languages."""

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
_LANGUAGES = re.compile(r"^language:[ \t]*(.*(?:\n[ \t]*-.*)*)", re.MULTILINE)
_CODE = re.compile(r"[A-Za-z]{2,}(?:-[A-Za-z]+)?")


class DeclaredLanguages(WrappingEmbedder):
    """An embedder of which people say what languages it reads; its vectors are those of the inner one.

    `languages` are ISO 639 codes, or `all`.
    """

    def __init__(self, inner: Embedder, languages: Sequence[str]) -> None:
        super().__init__(inner)
        self._declared = None if ALL_LANGUAGES in languages else frozenset(languages)

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages that people declared; None for all."""
        return self._declared


def languages_of_folder(folder: Path) -> frozenset[str] | None:
    """Return the languages that the model card in a folder names (`language` in the head of README.md); None means all.

    A folder without a card, or with one that names no language or `multilingual`, is taken to read all: a text that the model
    reads is not to be set apart.
    """
    card = folder / "README.md"
    if not card.is_file():
        return None
    head = _FRONT_MATTER.match(card.read_text(encoding="utf-8", errors="replace"))
    named = _LANGUAGES.search(head[1]) if head else None
    codes = {code.split("-")[0].lower() for code in _CODE.findall(named[1])} if named else set()
    return None if not codes or "multilingual" in codes else frozenset(codes)
