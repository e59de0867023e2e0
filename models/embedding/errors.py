"""What can be wrong with an embedding model."""

from __future__ import annotations


class ModelUnusable(ValueError):
    """A model that was requested cannot be used; the sentence says why and what to do."""

    def __init__(self, wrong: str, detail: str) -> None:
        cause = f" ({detail.splitlines()[0][:200]})" if detail else ""
        super().__init__(
            f"{wrong}{cause}; set embedding.folder to a sentence-transformers model with 384 dimensions and mean pooling, such as "
            "paraphrase-multilingual-MiniLM-L12-v2, or set embedding.model = minilm"
        )
