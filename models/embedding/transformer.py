"""A sentence encoder on the CPU, in fixed shapes.

Reimers and Gurevych, "Sentence-BERT" (2019), https://arxiv.org/abs/1908.10084.

Why fixed shapes: the kernels that multiply matrices choose their order of summation by the shape of the
batch, so with free shapes a text's vector depends on its companions (in bfloat16 by up to 0.002). Here the
number of tokens is padded to a multiple of 16 and the number of rows depends on that length alone.

Why one thread a batch: threads that share one product wait for the slowest, and whoever else needs a core
slows all of them; batches of their own go on beside each other and beside the rest of the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.embedding.base import DIMENSIONS, Vectors
from models.embedding.errors import ModelUnusable

Engine = Literal["torch", "openvino"]

MAX_TOKENS = 256
"""What comes later in a text is not read; models that were trained on less read less."""

_MAX_CHARACTERS = 12_000
"""256 tokens of any human script are far shorter; the cut keeps a 10 MB body from being tokenised in full."""

_LENGTH_STEP = 16
_BATCH_TOKENS = 512
"""Fewer make the products small, more are wasted on the rows that fill a batch up."""


class Transformer:
    """Embeds with a sentence-transformers model from a folder: 384 dimensions, mean pooling over the tokens.

    With torch, bfloat16 where the processor computes in it (AVX512-BF16 or AMX), which doubles the speed at a
    cosine above 0.999 to float32; float32 elsewhere. Construction loads the weights (seconds).

    Parameters
    ----------
    folder : Path
        A model as sentence-transformers saves it; no model hub is asked.
    name : str
        Model, version, engine and number format.
    engine : "torch" or "openvino"
        OpenVINO needs the optional extra `openvino`.
    bf16 : bool
        Whether torch computes in bfloat16.
    threads : int, optional
        Batches that are computed beside each other; None takes as many as torch would use threads.

    Raises
    ------
    ModelUnusable
        Where the folder holds no such model, or the engine is not installed.
    """

    def __init__(
        self, folder: Path, name: str, *, engine: Engine = "torch", bf16: bool = False, threads: int | None = None
    ) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        # The weights load in a tenth of a second; a bar for it would only stand in the way of ours.
        disable_progress_bar()  # type: ignore[no-untyped-call]
        options = {"dtype": torch.bfloat16 if bf16 else torch.float32} if engine == "torch" else {}
        try:
            model = SentenceTransformer(
                str(folder), device="cpu", local_files_only=True, backend=engine, model_kwargs=options
            )
        except (OSError, ValueError, ImportError) as error:
            raise ModelUnusable(f"cannot load the model at {folder} with {engine}", str(error)) from error
        _check_shape(model, folder)
        self._name = name
        self._torch = torch
        self._tokenizer: Any = model.tokenizer
        self._max_tokens = min(MAX_TOKENS, int(model.max_seq_length or MAX_TOKENS))
        encoder: Any = model[0]
        self._transformer = encoder.auto_model.eval() if engine == "torch" else encoder.auto_model
        self._lock = Lock()
        torchs_own = _threads_of_torch()
        # OpenVINO shares out a batch itself.
        self._abreast = 1 if engine == "openvino" else threads or torchs_own
        torch.set_num_threads(1)

    @property
    def name(self) -> str:
        """Model, version, engine and number format, such as `all-MiniLM-L6-v2/0.1.0/bf16`."""
        return self._name

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, each distinct text once: float16 of shape (n, 384), unit rows, in the order given."""
        distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        vectors = np.zeros((len(distinct), DIMENSIONS), np.float16)
        if distinct:
            tokens = self._tokenise(list(distinct))
            batches = list(_batches([len(row) for row in tokens]))
            for places, found in zip(batches, self._forwarded(tokens, batches), strict=True):
                vectors[places] = found
        return vectors[[distinct[text] for text in texts]]

    def _forwarded(self, tokens: Sequence[Sequence[int]], batches: Sequence[Sequence[int]]) -> Iterator[Vectors]:
        chosen = [[tokens[place] for place in places] for places in batches]
        if self._abreast == 1 or len(chosen) == 1:
            yield from map(self._forward, chosen)
            return
        with ThreadPoolExecutor(self._abreast, thread_name_prefix="embed") as pool:
            yield from pool.map(self._forward, chosen)

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        # Lone surrogates, which JSON can carry, are no text to a tokeniser.
        cut = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        # The tokeniser keeps its settings inside and refuses two callers at once.
        with self._lock:
            encoded = self._tokenizer(cut, truncation=True, max_length=self._max_tokens, return_attention_mask=False)
        rows: list[list[int]] = encoded["input_ids"]
        return rows

    def _forward(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """Run one batch in its fixed shape; the rows that fill it up repeat its first text."""
        torch = self._torch
        length = _padded(max(len(row) for row in tokens))
        rows = _rows_for(length)
        ids = np.full((rows, length), self._tokenizer.pad_token_id, np.int64)
        mask = np.zeros((rows, length), np.int64)
        for place in range(rows):
            row = tokens[place] if place < len(tokens) else tokens[0]
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        with torch.inference_mode():
            hidden = self._transformer(
                input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)
            ).last_hidden_state
            weights = torch.from_numpy(mask).unsqueeze(-1).to(torch.float32)
            summed = (hidden.to(torch.float32) * weights).sum(1) / weights.sum(1)
        return _unit_rows(summed.numpy()[: len(tokens)])


@cache
def _threads_of_torch() -> int:
    """Threads that torch would use within a batch, as it found them when the first model was loaded."""
    import torch

    return int(torch.get_num_threads())


def computes_bf16() -> bool:
    """Tell whether the processor multiplies bfloat16 in hardware; where it does not, bfloat16 is slower."""
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    return bool({"avx512_bf16", "amx_bf16"} & set(flags.split()))


def number_format(engine: Engine, *, bf16: bool | None) -> str:
    """What the name of a model says of how it is computed: its vectors differ a little from one to the other."""
    if engine == "openvino":
        return "openvino"
    return "bf16" if (computes_bf16() if bf16 is None else bf16) else "fp32"


def _check_shape(model: Any, folder: Path) -> None:
    """Refuse what this class would compute otherwise than the model was trained."""
    found = model.get_embedding_dimension()
    if found != DIMENSIONS:
        raise ModelUnusable(f"the model at {folder} gives vectors of length {found}, and {DIMENSIONS} is needed", "")
    pooling = [type(part).__name__ for part in model][1:2]
    if pooling != ["Pooling"] or not _pools_by_mean(model[1]):
        raise ModelUnusable(f"the model at {folder} does not average over its tokens", "")
    rest = [type(part).__name__ for part in model][2:]
    if rest not in ([], ["Normalize"]):
        raise ModelUnusable(f"the model at {folder} has further layers ({', '.join(rest)})", "")


def _pools_by_mean(pooling: Any) -> bool:
    mode = pooling.get_config_dict().get("pooling_mode", "")
    return mode in ("mean", ["mean"], ("mean",)) or bool(getattr(pooling, "pooling_mode_mean_tokens", False))


def _unit_rows(rows: NDArray[np.float32]) -> Vectors:
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return unit


def _padded(tokens: int) -> int:
    return -(-tokens // _LENGTH_STEP) * _LENGTH_STEP


def _rows_for(length: int) -> int:
    """Greatest power of two that keeps a batch of this length within its tokens."""
    return 1 << (_BATCH_TOKENS // length).bit_length() - 1


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of the texts that share a padded length, in groups no larger than that length's batch, the longest first."""
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    for length, places in groupby(order, key=lambda place: _padded(lengths[place])):
        rest = list(places)
        rows = _rows_for(length)
        for start in range(0, len(rest), rows):
            yield rest[start : start + rows]
