"""Narration: the seam for a text that something else than the rules writes, such as a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Narration:
    """What a narrator wrote; `text` None where the text of the rules is used instead. `record` is stored: by whom, or why not."""

    text: str | None
    record: Mapping[str, Any] = field(default_factory=dict)


Narrator: TypeAlias = Callable[[Mapping[str, Any]], Narration]
"""Writes the first paragraph of a digest from its facts (see `narrator_facts`); called outside of any transaction."""
