"""Encryption of columns: ticket text is stored as AES-256-GCM (NIST SP 800-38D) where an engine has keys.

`docs/decisions/0014` says which columns are encrypted and why.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Text
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.types import TypeDecorator

from store.errors import EncryptionKeyInvalid, EncryptionKeyMissing, EncryptionKeyWrong
from store.types import Json

KEY_BYTES = 32
NONCE_BYTES = 12
MARK = "encrypted:1:"
"""Before what is encrypted; then 16 hexadecimal digits that name the key, a colon, and nonce, text and tag in base64."""

_SEALED = re.compile(rf"{MARK}([0-9a-f]{{16}}):([A-Za-z0-9_-]+={{0,2}})")
_ATTRIBUTE = "text_cipher"


class TextCipher:
    """Encrypts with the first of its keys and decrypts with all of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes, the newest first."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._ciphers = {key_name(key): AESGCM(key) for key in keys}
        self.current = key_name(keys[0])

    @property
    def names(self) -> frozenset[str]:
        """Names of the keys."""
        return frozenset(self._ciphers)

    def seal(self, text: str) -> str:
        """Encrypt a text. Equal texts give different results, since each has a random nonce of 96 bits."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, text.encode("utf-8", "surrogatepass"), None)
        return f"{MARK}{self.current}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, name: str, content: str) -> str:
        """Decrypt what `seal` returned, in its parts. Raises `EncryptionKeyWrong`."""
        from cryptography.exceptions import InvalidTag

        cipher = self._ciphers.get(name)
        if cipher is None:
            raise EncryptionKeyWrong(name)
        raw = base64.urlsafe_b64decode(content)
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode("utf-8", "surrogatepass")
        except InvalidTag as error:
            raise EncryptionKeyWrong(name) from error


def key_name(key: bytes) -> str:
    """Return the name of a key: the beginning of its SHA-256, of which nobody can compute the key."""
    return hashlib.sha256(b"groundswell column key\0" + key).hexdigest()[:16]


def read_keys(path: Path) -> list[bytes]:
    """Read a file of keys: one a line, in base64, the newest first; lines that begin with # are comments.

    Raises `EncryptionKeyInvalid`, which quotes nothing of the file.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EncryptionKeyInvalid(path, f"cannot be read ({type(error).__name__})") from error
    keys = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            key = base64.b64decode(line.strip().translate(str.maketrans("-_", "+/")), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise EncryptionKeyInvalid(path, f"has in line {number} no key of {KEY_BYTES} bytes in base64")
        keys.append(key)
    if not keys:
        raise EncryptionKeyInvalid(path, "has no key")
    return keys


def add_key(path: Path) -> str:
    """Make a key and put it first in the file, which only its owner may read; returns the key's name.

    The file is replaced as a whole, so that a process that reads it meanwhile finds the old or the new keys.
    """
    before = path.read_text(encoding="ascii") if path.exists() else ""
    if before:
        read_keys(path)
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(base64.urlsafe_b64encode(key).decode() + "\n" + before)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return key_name(key)


def give_cipher(engine: Engine, cipher: TextCipher | None) -> None:
    """Let an engine encrypt what it writes and decrypt what it reads; None: it does neither."""
    setattr(engine.dialect, _ATTRIBUTE, cipher)


def cipher_of(dialect: Dialect) -> TextCipher | None:
    """Return the cipher that an engine's dialect was given."""
    found: TextCipher | None = getattr(dialect, _ATTRIBUTE, None)
    return found


def is_sealed(value: object) -> bool:
    """Return whether a stored text is encrypted."""
    return isinstance(value, str) and _SEALED.fullmatch(value) is not None


def _seal(text: str, dialect: Dialect) -> str:
    cipher = cipher_of(dialect)
    if cipher is not None:
        return cipher.seal(text)
    # What a person writes in this form must not be taken for encrypted when it is read.
    return f"\ufffd{text[1:]}" if is_sealed(text) else text


def _unseal(text: str, dialect: Dialect) -> str:
    sealed = _SEALED.fullmatch(text) if text.startswith(MARK) else None
    if sealed is None:
        return text
    cipher = cipher_of(dialect)
    if cipher is None:
        raise EncryptionKeyMissing(sealed[1])
    return cipher.open(sealed[1], sealed[2])


class SealedText(TypeDecorator[str]):
    """A text that is encrypted where the engine has a cipher. An empty text and NULL stay as they are: SQL looks for them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt."""
        return _seal(value, dialect) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt; a text that was stored before the engine had a cipher is returned as it is."""
        return _unseal(value, dialect) if value else value


class SealedJson(Json):
    """JSON that is encrypted as a whole where the engine has a cipher: it is stored as a JSON string. NULL stays NULL."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write canonical JSON and encrypt it."""
        if value is None or cipher_of(dialect) is None:
            return super().process_bind_param(value, dialect)
        return orjson.dumps(_seal(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(), dialect)).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypt and read the JSON back."""
        found = super().process_result_value(value, dialect)
        return orjson.loads(_unseal(found, dialect)) if is_sealed(found) else found
