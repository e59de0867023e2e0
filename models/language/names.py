"""What languages are called, and the codes that events state."""

from __future__ import annotations

from functools import cache


def primary_subtag(locale: str) -> str:
    """Return the language of a code or locale such as `pt`, `pt-BR` or `pt_BR.UTF-8` (RFC 5646), in lower case."""
    return locale.strip().replace("_", "-").split("-", 1)[0].split(".", 1)[0].lower()


_PAIRS = {"id": "Indonesian or Malay", "hr": "Croatian, Bosnian or Serbian", "tl": "Filipino"}
"""Languages that are recognised as one."""


@cache
def language_name(code: str) -> str:
    """Return the English name of a language (CLDR, by Babel), or the code where there is none."""
    from babel import Locale

    return _PAIRS.get(code) or Locale("en").languages.get(code) or code
