"""The embedders that settings can name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from models.embedding.base import Embedder
from models.embedding.errors import ModelUnusable
from models.embedding.fake import HashingEmbedder
from models.embedding.folder import FolderModel, folder_name
from models.embedding.minilm import MiniLM, minilm_name
from models.embedding.transformer import Engine

ModelName = Literal["minilm", "folder", "hashing"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which embedder is meant: `folder` is asked for by the model `folder` alone; `bf16` None lets the processor decide."""

    model: ModelName = "minilm"
    folder: Path | None = None
    engine: Engine = "torch"
    bf16: bool | None = None

    @property
    def name(self) -> str:
        """The name that vectors of this choice are stored under on this machine; nothing is loaded for it."""
        if self.model == "hashing":
            return HashingEmbedder().name
        if self.model == "folder":
            return folder_name(self._folder(), bf16=self.bf16, engine=self.engine)
        return minilm_name(bf16=self.bf16, engine=self.engine)

    def load(self) -> Embedder:
        """Load the embedder (seconds). Raises `ModelUnusable`."""
        if self.model == "hashing":
            return HashingEmbedder()
        if self.model == "folder":
            return FolderModel(self._folder(), bf16=self.bf16, engine=self.engine)
        return MiniLM(bf16=self.bf16, engine=self.engine)

    def _folder(self) -> Path:
        if self.folder is None:
            raise ModelUnusable("received embedding.model = folder without embedding.folder", "")
        return self.folder


def once(load: Callable[[], Embedder]) -> Callable[[], Embedder]:
    """The embedder that `load` gives, loaded when first asked for and then shared, also among threads."""
    lock = Lock()
    loaded: list[Embedder] = []

    def shared() -> Embedder:
        with lock:
            if not loaded:
                loaded.append(load())
        return loaded[0]

    return shared
