"""Passwords: Argon2id hashes with the parameters that argon2-cffi recommends (RFC 9106), and what a password must be."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256

_HASHER = PasswordHasher()

_OF_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$l8w4zndlatH8U/bAYlXJAw$Md99azapSFUZgDimEtn7X/x4CiLVp1bhTGny7rM4ZJo"
"""A hash with the same parameters of a random text, longer than a password may be."""


class PasswordInvalid(ValueError):
    """The password cannot be chosen; the text is one sentence."""


def hash_password(password: str, name: str) -> str:
    """Hash a new password of a person. Raises `PasswordInvalid`.

    Length is what is asked for, no classes of characters (NIST SP 800-63B, section 3.1.1).
    """
    if len(password) < SHORTEST:
        raise PasswordInvalid(
            f"Received a password of {len(password)} characters; valid are {SHORTEST} to {LONGEST}: choose a longer one."
        )
    if len(password) > LONGEST:
        raise PasswordInvalid(
            f"Received a password of {len(password)} characters; valid are {SHORTEST} to {LONGEST}: choose a shorter one."
        )
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise PasswordInvalid(
            "Received a password that is easy to guess; valid is one without your name and with five different characters."
        )
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Check a password. Where nothing is stored the same work is done, so that the time does not show whether a person exists."""
    try:
        _HASHER.verify(stored or _OF_NOBODY, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Check whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
