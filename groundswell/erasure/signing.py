"""Signatures of proofs and of the manifest: Ed25519 (RFC 8032) over canonical JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from stream.errors import KeyFileInvalid
from stream.requester import KEY_BYTES, load_or_make_key

SIGNATURE, PUBLIC_KEY = "signature", "public_key"


class Signer:
    """Signs with the key of this installation, which is made when it is first used and which only its owner may read."""

    def __init__(self, path: Path) -> None:
        """Read the 32 bytes of the key at `path`, or make them. Raises `KeyFileInvalid` for any other number of bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        seed = load_or_make_key(path)
        if len(seed) != KEY_BYTES:
            raise KeyFileInvalid(str(path), len(seed))
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """The public key, 32 bytes in base64: who has it can check a signature."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def signed(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content with the public key and the signature of all of it."""
        whole = {**content, PUBLIC_KEY: self.public_key}
        return {**whole, SIGNATURE: base64.b64encode(self._key.sign(canonical(whole))).decode()}

    def problem(self, signed: Mapping[str, Any]) -> str | None:
        """Say what is wrong with something that should be signed by this installation; None where nothing is."""
        public, signature = signed.get(PUBLIC_KEY), signed.get(SIGNATURE)
        if not isinstance(public, str) or not isinstance(signature, str):
            return "it has no signature"
        if not _verifies(public, signature, {name: value for name, value in signed.items() if name != SIGNATURE}):
            return "its signature does not fit what it says, so it was changed since it was signed"
        if public != self.public_key:
            return f"it is signed with the key {public}, and this installation's is {self.public_key}"
        return None


def canonical(content: Mapping[str, Any]) -> bytes:
    """Write JSON in the one way that is signed: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)


def _verifies(public: str, signature: str, content: Mapping[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), canonical(content))
    except (InvalidSignature, ValueError, binascii.Error, orjson.JSONEncodeError):
        return False
    return True
