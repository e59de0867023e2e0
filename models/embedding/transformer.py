"""A sentence encoder on the CPU, in fixed shapes.

Reimers and Gurevych, "Sentence-BERT" (2019), https://arxiv.org/abs/1908.10084.

Why fixed shapes: the kernels that multiply matrices choose their order of summation by the shape of the
batch, so with free shapes a text's vector depends on the other texts of its batch (in bfloat16 by up to 0.002). `make_batches`
has the fixed ones.

Why one thread a batch: threads that share one product wait for the slowest, and any other work on a core
slows all of them. Separate batches do not wait for each other or for the rest of the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.embedding.base import DIMENSIONS, StoredVectors
from models.embedding.batches import make_batches, padded, rows_for
from models.embedding.bert import BertEncoder
from models.embedding.encoder import TextEncoder
from models.embedding.errors import ModelUnusable
from models.embedding.library import LibraryEncoder
from models.embedding.plain_folder import read_plain_folder

_MAX_CHARACTERS = 12_000
"""256 tokens of any script are far shorter; the cut prevents that all of a 10 MB body is tokenised."""


class Transformer:
    """Embeds with a sentence-transformers model from a folder: 384 dimensions, mean pooling over the tokens.

    It computes in bfloat16 where the processor supports it (AVX512-BF16 or AMX), which doubles the speed at a
    cosine above 0.999 to float32; in float32 elsewhere. Construction loads the weights (seconds).

    Parameters
    ----------
    folder : Path
        A model as sentence-transformers saves it; no model hub is used.
    name : str
        Model, version and number format.
    bf16 : bool
        Whether to compute in bfloat16.
    threads : int, optional
        Batches that are computed at the same time; None computes as many as torch would use threads.

    Raises
    ------
    ModelUnusable
        The folder contains no such model.
    """

    def __init__(self, folder: Path, name: str, *, bf16: bool = False, threads: int | None = None) -> None:
        import torch

        self._name, self._torch = name, torch
        self._encoder = _load(folder, bf16=bf16)
        # Read before the number of threads is set to one.
        default_threads = _threads_of_torch()
        self._concurrent_batches = threads or default_threads
        torch.set_num_threads(1)

    @property
    def name(self) -> str:
        """Model, version and number format, such as `all-MiniLM-L6-v2/0.1.0/bf16`."""
        return self._name

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts, each distinct text once: float16 of shape (n, 384), unit rows, in the order given."""
        distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        vectors = np.zeros((len(distinct), DIMENSIONS), np.float16)
        if distinct:
            tokens = self._tokenise(list(distinct))
            batches = list(make_batches([len(row) for row in tokens]))
            for rows, found in zip(batches, self._forward_all(tokens, batches), strict=True):
                vectors[rows] = found
        return vectors[[distinct[text] for text in texts]]

    def _forward_all(
        self, tokens: Sequence[Sequence[int]], batches: Sequence[Sequence[int]]
    ) -> Iterator[StoredVectors]:
        of_batches = [[tokens[row] for row in rows] for rows in batches]
        if self._concurrent_batches == 1 or len(of_batches) == 1:
            yield from map(self._forward, of_batches)
            return
        with ThreadPoolExecutor(self._concurrent_batches, thread_name_prefix="embed") as pool:
            yield from pool.map(self._forward, of_batches)

    def _tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        # JSON can contain lone surrogates, which a tokeniser refuses.
        cut = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        return self._encoder.tokenise(cut)

    def _forward(self, tokens: Sequence[Sequence[int]]) -> StoredVectors:
        """Run one batch in its fixed shape; the rows that fill it repeat its first text."""
        torch = self._torch
        length = padded(max(len(row) for row in tokens))
        rows = rows_for(length)
        ids = np.full((rows, length), self._encoder.pad_token, np.int64)
        mask = np.zeros((rows, length), np.bool_)
        for at in range(rows):
            row = tokens[at] if at < len(tokens) else tokens[0]
            ids[at, : len(row)] = row
            mask[at, : len(row)] = True
        with torch.inference_mode():
            masked = torch.from_numpy(mask)
            hidden = self._encoder.hidden_states(torch.from_numpy(ids), masked)
            weights = masked.unsqueeze(-1).to(torch.float32)
            summed = (hidden.to(torch.float32) * weights).sum(1) / weights.sum(1)
        return _unit_rows(summed.numpy()[: len(tokens)])


def _load(folder: Path, *, bf16: bool) -> TextEncoder:
    """Load the model with torch alone where that computes it, and with sentence-transformers elsewhere."""
    plain = read_plain_folder(folder)
    if plain is None:
        return LibraryEncoder(folder, bf16=bf16)
    try:
        return BertEncoder(plain, bf16=bf16)
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"cannot load the model at {folder}", str(error)) from error


@cache
def _threads_of_torch() -> int:
    """Return the threads that torch would use within a batch, as they were when the first model was loaded."""
    import torch

    return int(torch.get_num_threads())


def computes_bf16() -> bool:
    """Return whether the processor multiplies bfloat16 in hardware; where it does not, bfloat16 is slower."""
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    return bool({"avx512_bf16", "amx_bf16"} & set(flags.split()))


def number_format(*, bf16: bool | None) -> str:
    """Return the number format in the name of a model; None depends on the processor. Formats give slightly different vectors."""
    return "bf16" if (computes_bf16() if bf16 is None else bf16) else "fp32"


def _unit_rows(rows: NDArray[np.float32]) -> StoredVectors:
    unit: StoredVectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return unit
