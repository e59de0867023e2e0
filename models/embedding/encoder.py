"""What computes the hidden states of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

MAX_TOKENS = 256
"""Later tokens of a text are not read; models that were trained on fewer tokens read fewer."""


class TextEncoder(Protocol):
    """A tokeniser and a transformer with loaded weights."""

    @property
    def pad_token(self) -> int:
        """Token that fills rows."""

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, at most `MAX_TOKENS` of each, with those that begin and end a text."""

    def hidden_states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the last hidden states, shape (n, tokens, width), of ids and a mask (True where a token is), shape (n, tokens)."""
