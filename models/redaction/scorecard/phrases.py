"""How people and systems announce sensitive values, in twelve languages; read from `phrases.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from random import Random


class AnnouncingPhrases:
    """The phrases of `phrases.toml`; `{}` is where the value is put."""

    def __init__(self) -> None:
        """Read the file."""
        text = files("models.redaction.scorecard").joinpath("phrases.toml").read_text(encoding="utf-8")
        self._tables: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(text)
        self.languages = tuple(self._tables["open"])

    def phrase(self, rng: Random, topic: str, language: str) -> str:
        """Draw a phrase of a topic (`open`, `close` or a kind); English where the topic has none in the language, `{}` without one."""
        phrases = self._tables.get(topic, {})
        return rng.choice(phrases.get(language) or phrases.get("en") or ["{}"])

    def key(self, rng: Random, topic: str) -> str:
        """Draw what a form, a log or an address calls a kind; a neutral word for kinds without names."""
        return rng.choice(self._tables["keys"].get(topic) or ["value"])
