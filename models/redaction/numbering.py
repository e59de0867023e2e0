"""Numbering plans: whether digits are a telephone number, by the metadata of `phonenumbers`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

DEFAULT_REGIONS = (
    *("US", "CA", "GB", "IE", "AU", "NZ", "ZA", "NG", "KE", "GH", "IN", "PK", "BD", "LK", "NP"),
    *("ID", "MY", "SG", "PH", "TH", "VN", "JP", "KR", "CN", "TW", "HK"),
    *("BR", "MX", "AR", "CO", "CL", "PE", "EC", "ES", "PT", "FR", "BE", "NL", "DE", "AT", "CH", "IT"),
    *(
        "PL",
        "RO",
        "CZ",
        "HU",
        "GR",
        "SE",
        "NO",
        "DK",
        "FI",
        "UA",
        "RU",
        "KZ",
        "UZ",
        "TR",
        "IL",
        "SA",
        "AE",
        "IQ",
        "EG",
        "MA",
        "DZ",
    ),
)
"""Regions whose national numbers are looked for when operators set none: those from which a worldwide service has most tickets."""

_REMEMBERED = 4096
"""Answers that are kept."""

_NORTH_AMERICAN = re.compile(r"1?(?:[2-9][0-9]{2}[2-9][0-9]{6}|1234567890)")
"""Digits in the form of the plan of North America (NANP), also of areas that are not assigned, such as 555, and the usual example."""


def is_international(digits: str) -> bool:
    """Return whether the digits after a plus sign are a number of a country's plan."""
    return any(
        (region == "US" and _NORTH_AMERICAN.fullmatch(national) is not None)
        or _is_national(national, region, mobile=False)
        for national, region in _countries(digits)
    )


def is_possible_international(digits: str) -> bool:
    """Return whether the digits after a plus sign have a country code and a length that is possible there."""
    return any(
        plan is not None and len(national) in plan.lengths
        for national, plan in ((one, _plan(region)) for one, region in _countries(digits))
    )


def _countries(digits: str) -> Iterator[tuple[str, str]]:
    """Yield what follows the country code, and each region with this code."""
    for length in (1, 2, 3):
        # Those of North America have one plan in common.
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())[
            : 1 if length == 1 else None
        ]:
            yield digits[length:], region


def is_national(digits: str, regions: Iterable[str], *, mobile: bool = False) -> bool:
    """Return whether digits, with or without the trunk prefix, are a number of one of these regions.

    mobile: only numbers that can be those of mobile phones count.
    """
    return any(_is_national(digits, region, mobile=mobile) for region in regions)


def has_plan(region: str) -> bool:
    """Return whether a region (ISO 3166) has a numbering plan of its own."""
    return _plan(region) is not None


def is_north_american(digits: str, regions: Iterable[str]) -> bool:
    """Return whether ten or eleven digits have the form of a number of North America, if the regions contain it."""
    return _NORTH_AMERICAN.fullmatch(digits) is not None and not {"US", "CA"}.isdisjoint(regions)


def _is_national(digits: str, region: str, *, mobile: bool) -> bool:
    plan = _plan(region)
    if plan is None:
        return False
    pattern = plan.mobile if mobile else plan.number
    if len(digits) in plan.lengths and pattern.fullmatch(digits):
        return True
    national = digits.removeprefix(plan.trunk)
    return (
        plan.trunk != ""
        and national != digits
        and len(national) in plan.lengths
        and pattern.fullmatch(national) is not None
    )


class NumberingPlans:
    """Says whether digits are a number of some regions, and remembers it for one text, since long texts repeat themselves."""

    def __init__(self, regions: Iterable[str]) -> None:
        """Take the regions (ISO 3166) whose national numbers count."""
        self._regions = tuple(regions)
        self._known: dict[tuple[str, str], bool] = {}

    def is_national(self, digits: str) -> bool:
        """Return whether digits, with or without the trunk prefix, are a number of one of the regions."""
        return self._remembered("national", digits, lambda: is_national(digits, self._regions))

    def is_mobile(self, digits: str) -> bool:
        """Return whether digits can be the number of a mobile phone of one of the regions."""
        return self._remembered("mobile", digits, lambda: is_national(digits, self._regions, mobile=True))

    def is_north_american(self, digits: str) -> bool:
        """Return whether digits have the form of a number of North America, if the regions contain it."""
        return is_north_american(digits, self._regions)

    def is_international(self, digits: str) -> bool:
        """Return whether the digits after a plus sign are a number of a country's plan."""
        return self._remembered("international", digits, lambda: is_international(digits))

    def is_possible_international(self, digits: str) -> bool:
        """Return whether the digits after a plus sign have a country code and a length that is possible there."""
        return self._remembered("possible", digits, lambda: is_possible_international(digits))

    def _remembered(self, question: str, digits: str, answer: Callable[[], bool]) -> bool:
        known = self._known.get((question, digits))
        if known is None:
            known = answer()
            if len(self._known) < _REMEMBERED:
                self._known[question, digits] = known
        return known


@dataclass(frozen=True, slots=True)
class _Plan:
    """One region's numbers without the trunk prefix: `phonenumbers` would compile and try these patterns one by one for each number."""

    trunk: str
    lengths: frozenset[int]
    number: re.Pattern[str]
    mobile: re.Pattern[str]


@cache
def _plan(region: str) -> _Plan | None:
    """Return the plan of a region; None where `phonenumbers` has none."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return None
    kinds = (metadata.fixed_line, metadata.mobile, metadata.toll_free, metadata.premium_rate, metadata.shared_cost)
    others = (metadata.personal_number, metadata.voip, metadata.pager, metadata.uan)
    return _Plan(
        trunk=metadata.national_prefix or "",
        lengths=frozenset(metadata.general_desc.possible_length),
        number=_either(*kinds, *others),
        mobile=_either(metadata.mobile),
    )


def _either(*descriptions: PhoneNumberDesc | None) -> re.Pattern[str]:
    patterns = (one.national_number_pattern for one in descriptions if one is not None)
    return re.compile("|".join(f"(?:{one})" for one in patterns if one) or r"(?!)")
