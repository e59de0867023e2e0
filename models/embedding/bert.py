"""The encoder BERT, computed with torch alone.

Devlin, Chang, Lee and Toutanova, "BERT" (2019), https://arxiv.org/abs/1810.04805.

Why not the class of `transformers`: importing it takes as long as embedding several hundred tickets. The operations and their order
are those of that class, so the vectors are equal bit for bit (a test compares them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.embedding.plain_folder import PlainFolder

if TYPE_CHECKING:
    from torch import Tensor


class BertEncoder:
    """Computes with the weights of a folder. Construction loads them (a tenth of a second once torch is imported).

    Parameters
    ----------
    folder : PlainFolder
        Where weights and tokeniser are, and the shape of the model.
    bf16 : bool
        Whether to compute in bfloat16, or in float32.

    Raises
    ------
    OSError, ValueError
        The weights or the tokeniser cannot be read, or the weights are not those of the configuration.
    """

    def __init__(self, folder: PlainFolder, *, bf16: bool) -> None:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        try:
            stored = load_file(folder.weights)
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        dtype = torch.bfloat16 if bf16 else torch.float32
        # Buffers of positions, which some releases stored, are integers and not needed.
        self._weights = {
            name.removeprefix("bert."): tensor.to(dtype)
            for name, tensor in stored.items()
            if tensor.is_floating_point()
        }
        missing = _names(folder.layers) - set(self._weights)
        if missing:
            raise ValueError(f"its weights lack {min(missing)}")
        self._functional, self._folder = torch.nn.functional, folder
        self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(folder.max_tokens)

    @property
    def pad_token(self) -> int:
        """Token that fills rows."""
        return self._folder.pad_token

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, cut to the model's length."""
        return [found.ids for found in self._tokenizer.encode_batch_fast(list(texts))]

    def hidden_states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the last hidden states, shape (n, tokens, width), of ids and a mask, shape (n, tokens)."""
        states = self._embed(ids)
        attended = mask[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        for layer in range(self._folder.layers):
            at = f"encoder.layer.{layer}"
            context = self._attend(f"{at}.attention.self", states, attended)
            states = self._norm(
                f"{at}.attention.output", self._linear(f"{at}.attention.output.dense", context) + states
            )
            wide = self._functional.gelu(self._linear(f"{at}.intermediate.dense", states))
            states = self._norm(f"{at}.output", self._linear(f"{at}.output.dense", wide) + states)
        return states

    def _embed(self, ids: Tensor) -> Tensor:
        words = self._functional.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        positions = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return self._norm("embeddings", words + self._weights["embeddings.token_type_embeddings.weight"][0] + positions)

    def _attend(self, at: str, states: Tensor, attended: Tensor) -> Tensor:
        rows, tokens, width = states.shape
        shape = (rows, tokens, self._folder.heads, width // self._folder.heads)
        query, key, value = (
            self._linear(f"{at}.{name}", states).view(shape).transpose(1, 2) for name in ("query", "key", "value")
        )
        context = self._functional.scaled_dot_product_attention(query, key, value, attn_mask=attended)
        return context.transpose(1, 2).reshape(rows, tokens, width)

    def _linear(self, at: str, states: Tensor) -> Tensor:
        return self._functional.linear(states, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])

    def _norm(self, at: str, states: Tensor) -> Tensor:
        weight, bias = self._weights[f"{at}.LayerNorm.weight"], self._weights[f"{at}.LayerNorm.bias"]
        return self._functional.layer_norm(states, weight.shape, weight, bias, self._folder.epsilon)


def _names(layers: int) -> set[str]:
    """Return the names of all weights that are used."""
    kinds = ("word", "position", "token_type")
    names = {f"embeddings.{kind}_embeddings.weight" for kind in kinds}
    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    parts += [
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm",
    ]
    modules = ["embeddings.LayerNorm", *(f"encoder.layer.{layer}.{part}" for layer in range(layers) for part in parts)]
    return names | {f"{module}.{kind}" for module in modules for kind in ("weight", "bias")}
