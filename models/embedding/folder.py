"""A sentence-transformers model from a folder of one's own, such as a multilingual one."""

from __future__ import annotations

from hashlib import blake2b, file_digest
from pathlib import Path

from models.embedding.errors import ModelUnusable
from models.embedding.transformer import Engine, Transformer, computes_bf16, number_format

_WEIGHTS = (".safetensors", ".bin", ".onnx")
_BESIDE = (".json", ".txt", ".model")


def folder_name(folder: Path, *, bf16: bool | None = None, engine: Engine = "torch") -> str:
    """Name of the model in a folder: the folder's own name, a digest of its weights and vocabulary, the number format.

    Two folders with the same files give comparable vectors wherever they lie. Raises `ModelUnusable` where there are no weights.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in (*_WEIGHTS, *_BESIDE) and path.is_file())
    if not any(path.suffix in _WEIGHTS for path in files):
        raise ModelUnusable(f"there is no model at {folder}", "")
    digest = blake2b(digest_size=8)
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(file_digest(file, "blake2b").digest())
    return f"{folder.name}/{digest.hexdigest()}/{number_format(engine, bf16=bf16)}"


class FolderModel(Transformer):
    """Embeds with the model in a folder; see `Transformer` for what it must be like."""

    def __init__(
        self, folder: Path, *, threads: int | None = None, bf16: bool | None = None, engine: Engine = "torch"
    ) -> None:
        use_bf16 = computes_bf16() if bf16 is None else bf16
        name = folder_name(folder, bf16=use_bf16, engine=engine)
        super().__init__(folder, name, engine=engine, bf16=use_bf16, threads=threads)
