"""Countries: what a region's value in tickets means."""

from __future__ import annotations

import re
from functools import cache

_NOT_LETTER = re.compile(r"[^a-z]+")
_ALSO = {"uk": "GB", "greatbritain": "GB", "england": "GB", "usa": "US", "america": "US", "korea": "KR", "brasil": "BR",
         "deutschland": "DE", "espana": "ES", "mexico": "MX", "uae": "AE", "holland": "NL", "czechrepublic": "CZ"}  # fmt: skip
"""Names in use that ISO 3166 does not have."""


def country_of(region: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code that a region's value means: a code of two or three letters, or a name; else None.

    >>> country_of("br"), country_of("United Kingdom"), country_of("EMEA")
    ('BR', 'GB', None)
    """
    return _codes().get(_NOT_LETTER.sub("", region.casefold()))


@cache
def _codes() -> dict[str, str]:
    from holidays.registry import COUNTRIES

    found = dict(_ALSO)
    for name, (_, code, *others) in COUNTRIES.items():
        keys = (name.replace("_", ""), code.lower(), *(one.lower() for one in others if len(one) == 3))
        found.update(dict.fromkeys(keys, code))
    return found
