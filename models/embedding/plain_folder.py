"""Which folders hold a model that is computed without sentence-transformers: a BERT, the mean over its tokens, unit length."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.embedding.base import DIMENSIONS
from models.embedding.encoder import MAX_TOKENS

_BERT = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "hidden_size": DIMENSIONS,
}
"""What `config.json` says (or leaves out, as these are the defaults of BERT; the width and the type are always there)."""

_LAYERS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFolder:
    """A model's files and shape.

    Attributes
    ----------
    weights, tokenizer : Path
        `model.safetensors` and `tokenizer.json`.
    layers, heads, epsilon, pad_token
        Of the encoder, from `config.json`.
    max_tokens : int
        Tokens that are read of a text.
    """

    weights: Path
    tokenizer: Path
    layers: int
    heads: int
    epsilon: float
    pad_token: int
    max_tokens: int


def read_plain_folder(folder: Path) -> PlainFolder | None:
    """Read the description of the model in a folder; None where sentence-transformers must load it, or refuse it."""
    weights, tokenizer = folder / "model.safetensors", folder / "tokenizer.json"
    config = _read(folder / "config.json")
    modules = _read(folder / "modules.json")
    if not (weights.is_file() and tokenizer.is_file() and isinstance(config, dict) and isinstance(modules, list)):
        return None
    if any(config.get(key, _default(key)) != value for key, value in _BERT.items()) or not _averages(folder, modules):
        return None
    stated = _read(folder / "sentence_bert_config.json")
    length = stated.get("max_seq_length") if isinstance(stated, dict) else None
    if not isinstance(length, int) or not {"num_hidden_layers", "num_attention_heads"} <= config.keys():
        return None
    return PlainFolder(
        weights=weights,
        tokenizer=tokenizer,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        epsilon=config.get("layer_norm_eps", 1e-12),
        pad_token=config.get("pad_token_id", 0),
        max_tokens=min(MAX_TOKENS, length),
    )


def _default(key: str) -> Any:
    return None if key in ("model_type", "hidden_size") else _BERT[key]


def _averages(folder: Path, modules: list[Any]) -> bool:
    """Return whether the mean over the tokens is all that follows the encoder, which lies in the folder itself."""
    if [str(module.get("type", "")).rsplit(".", 1)[-1] for module in modules] not in _LAYERS or modules[0].get("path"):
        return False
    pooling = _read(folder / str(modules[1].get("path")) / "config.json")
    if not isinstance(pooling, dict):
        return False
    modes = {
        key.removeprefix("pooling_mode_") for key, value in pooling.items() if key.startswith("pooling_mode_") and value
    }
    return modes == {"mean_tokens"} if modes else pooling.get("pooling_mode") == "mean"


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
