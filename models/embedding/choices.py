"""What settings say about embedding, as plain values."""

from __future__ import annotations

from typing import Literal

ModelName = Literal["minilm", "folder", "hashing"]
"""The embedders that settings can name."""

DEFAULT_BYTES = 64_000_000
"""Memory of the cache of vectors unless a setting says otherwise."""
