"""What can be wrong with an embedding model."""

from __future__ import annotations


class ModelUnusable(ValueError):
    """A model that was asked for cannot be used; the sentence says why and what to do."""

    def __init__(self, wrong: str, detail: str) -> None:
        told = f" ({detail.splitlines()[0][:200]})" if detail else ""
        super().__init__(
            f"{wrong}{told}; set embedding.folder to a sentence-transformers model with 384 dimensions and mean pooling, such as "
            "paraphrase-multilingual-MiniLM-L12-v2, install groundswell[openvino] for embedding.engine = openvino, or set "
            "embedding.model = minilm"
        )
