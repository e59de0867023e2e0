"""Any model of sentence-transformers that averages over its tokens, loaded with that library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from models.embedding.base import DIMENSIONS
from models.embedding.encoder import MAX_TOKENS
from models.embedding.errors import ModelUnusable

if TYPE_CHECKING:
    from torch import Tensor


class LibraryEncoder:
    """Computes with the classes of sentence-transformers and transformers, which take seconds to import.

    Parameters
    ----------
    folder : Path
        A model as sentence-transformers saves it; no model hub is used.
    bf16 : bool
        Whether to compute in bfloat16, or in float32.

    Raises
    ------
    ModelUnusable
        The folder contains no such model.
    """

    def __init__(self, folder: Path, *, bf16: bool) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        # The weights load in a tenth of a second; a progress bar for it would only disturb ours.
        disable_progress_bar()  # type: ignore[no-untyped-call]
        options = {"dtype": torch.bfloat16 if bf16 else torch.float32}
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=options)
        except (OSError, ValueError, ImportError) as error:
            raise ModelUnusable(f"cannot load the model at {folder}", str(error)) from error
        _check_shape(model, folder)
        self._tokenizer: Any = model.tokenizer
        self._max_tokens = min(MAX_TOKENS, int(model.max_seq_length or MAX_TOKENS))
        encoder: Any = model[0]
        self._transformer = encoder.auto_model.eval()
        self._lock = Lock()

    @property
    def pad_token(self) -> int:
        """Token that fills rows."""
        return int(self._tokenizer.pad_token_id)

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, cut to the model's length."""
        # The tokeniser stores its settings and refuses two callers at the same time.
        with self._lock:
            encoded = self._tokenizer(
                list(texts), truncation=True, max_length=self._max_tokens, return_attention_mask=False
            )
        rows: list[list[int]] = encoded["input_ids"]
        return rows

    def hidden_states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the last hidden states, shape (n, tokens, width), of ids and a mask, shape (n, tokens)."""
        states: Tensor = self._transformer(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return states


def _check_shape(model: Any, folder: Path) -> None:
    """Refuse a model that this package would compute differently from how it was trained."""
    found = model.get_embedding_dimension()
    if found != DIMENSIONS:
        raise ModelUnusable(f"the model at {folder} gives vectors of length {found}, and {DIMENSIONS} is needed", "")
    layers = [type(layer).__name__ for layer in model]
    pooling = layers[1:2]
    if pooling != ["Pooling"] or not _pools_by_mean(model[1]):
        raise ModelUnusable(f"the model at {folder} does not average over its tokens", "")
    rest = layers[2:]
    if rest not in ([], ["Normalize"]):
        raise ModelUnusable(f"the model at {folder} has further layers ({', '.join(rest)})", "")


def _pools_by_mean(pooling: Any) -> bool:
    mode = pooling.get_config_dict().get("pooling_mode", "")
    return mode in ("mean", ["mean"], ("mean",)) or bool(getattr(pooling, "pooling_mode_mean_tokens", False))
