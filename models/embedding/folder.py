"""A sentence-transformers model from a local folder, for example a multilingual one."""

from __future__ import annotations

from hashlib import blake2b, file_digest
from pathlib import Path

from models.embedding.declared import languages_of_folder
from models.embedding.errors import ModelUnusable
from models.embedding.transformer import Transformer, computes_bf16, number_format

_WEIGHTS = (".safetensors", ".bin", ".onnx")
_VOCABULARY = (".json", ".txt", ".model")


def folder_name(folder: Path, *, bf16: bool | None = None) -> str:
    """Return the name of the model in a folder: the folder's name, a digest of its weights and vocabulary, the number format.

    Two folders with the same files have vectors that can be compared. Raises `ModelUnusable` where there are no weights.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in (*_WEIGHTS, *_VOCABULARY) and path.is_file())
    if not any(path.suffix in _WEIGHTS for path in files):
        raise ModelUnusable(f"there is no model at {folder}", "")
    digest = blake2b(digest_size=8)
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(file_digest(file, "blake2b").digest())
    return f"{folder.name}/{digest.hexdigest()}/{number_format(bf16=bf16)}"


class FolderModel(Transformer):
    """Embeds with the model in a folder; see `Transformer` for which models can be used."""

    def __init__(self, folder: Path, *, threads: int | None = None, bf16: bool | None = None) -> None:
        use_bf16 = computes_bf16() if bf16 is None else bf16
        super().__init__(folder, folder_name(folder, bf16=use_bf16), bf16=use_bf16, threads=threads)
        self._languages = languages_of_folder(folder)

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages that its model card names; None for all."""
        return self._languages
