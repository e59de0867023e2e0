"""The embedders that settings can name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from models.embedding.base import Embedder
from models.embedding.choices import ModelName
from models.embedding.declared import DeclaredLanguages
from models.embedding.errors import ModelUnusable
from models.embedding.fake import HashingEmbedder
from models.embedding.folder import FolderModel, folder_name
from models.embedding.minilm import MiniLM, minilm_name


@dataclass(frozen=True, slots=True)
class Choice:
    """Which embedder to use: `folder` is needed by the model `folder` alone; `bf16` None depends on the processor.

    `languages` are those that the model reads, as people declare them; None where the model itself says it.
    """

    model: ModelName = "minilm"
    folder: Path | None = None
    bf16: bool | None = None
    languages: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The model name with which vectors of this choice are stored on this machine; no model is loaded for it."""
        if self.model == "hashing":
            return HashingEmbedder().name
        if self.model == "folder":
            return folder_name(self._folder(), bf16=self.bf16)
        return minilm_name(bf16=self.bf16)

    def load(self) -> Embedder:
        """Load the embedder (seconds). Raises `ModelUnusable`."""
        embedder = self._load()
        return embedder if self.languages is None else DeclaredLanguages(embedder, self.languages)

    def _load(self) -> Embedder:
        if self.model == "hashing":
            return HashingEmbedder()
        if self.model == "folder":
            return FolderModel(self._folder(), bf16=self.bf16)
        return MiniLM(bf16=self.bf16)

    def _folder(self) -> Path:
        if self.folder is None:
            raise ModelUnusable("received embedding.model = folder without embedding.folder", "")
        return self.folder


def once(load: Callable[[], Embedder]) -> Callable[[], Embedder]:
    """Return a function that loads the embedder at its first call and shares it afterwards, also among threads."""
    lock = Lock()
    loaded: list[Embedder] = []

    def shared() -> Embedder:
        with lock:
            if not loaded:
                loaded.append(load())
        return loaded[0]

    return shared
