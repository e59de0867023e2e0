"""Random tokens, of which only a hash is stored."""

from __future__ import annotations

import secrets
from hashlib import sha256

TOKEN_BYTES = 32


def new_token() -> str:
    """Make a random token of 256 bits, in letters that a URL may hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    """Return what is stored of a token: SHA-256 in hexadecimal. A token of 256 random bits needs no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
