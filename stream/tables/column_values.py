"""What the values of a column look like, by a sample of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stream.tables.cells import cell_text, is_blank
from stream.tables.times import TimeColumn, TimeRules, TimeUnreadable
from stream.tables.values import is_role

EMAIL = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.[A-Za-z]{2,}")
CONTACT = 80
"""Characters up to which a value with an address in it is that of a person, not a text that mentions one."""

PHONE = re.compile(r"(?:\+|00|\()\d[\d\s().\-/]{5,18}\d|\d{3}[-. ]\d{3}[-. ]\d{4}")
"""With a plus, a double zero or brackets, or grouped as in North America: bare digits are an id more often."""

ID_SHAPE = re.compile(r"#?[A-Za-z]{0,12}[-_ #:.]?[A-Za-z0-9][\w.:\-/]{0,63}")
CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?(?:\s?Uhr)?")
"""A time of day without a date."""

LOOKED_AT = 100
"""Values that are tried as times: trying is the dear part."""


@dataclass(frozen=True, slots=True)
class ColumnValues:
    """Shares are of the values that are not blank, in [0, 1]; `length` is their mean number of characters.

    `unique` is the share of different values, `ids` those of an id's shape (with a digit, without spaces), `times` those that
    can be read as times, `dated` those of them that are not bare numbers, `days` those without a time of day, `clocks` times of day
    without a date, `roles` words for who writes: customer, agent, bot.
    """

    count: int = 0
    unique: float = 0.0
    length: float = 0.0
    spaced: float = 0.0
    ids: float = 0.0
    numbers: float = 0.0
    people: float = 0.0
    times: float = 0.0
    dated: float = 0.0
    days: float = 0.0
    clocks: float = 0.0
    distinct: int = 0
    roles: float = 0.0

    @property
    def is_key(self) -> bool:
        """Whether every row has its own value, of an id's shape."""
        return self.count > 0 and self.unique == 1 and self.ids >= 0.95

    @property
    def is_text(self) -> bool:
        """Whether people wrote the values: several words."""
        return self.spaced >= 0.5 and self.length >= 12 and self.dated < 0.5


def column_values(sample: Sequence[Mapping[str, object]], column: str) -> ColumnValues:
    """Look at the values of one column."""
    values = [text for row in sample if not is_blank(text := cell_text(row.get(column)))]
    if not values:
        return ColumnValues()
    count = len(values)
    numbers = sum(value.replace(".", "", 1).isdigit() for value in values)
    times, dated, days = _times([row[column] for row in sample if not is_blank(cell_text(row.get(column)))])
    return ColumnValues(
        count=count,
        unique=len(set(values)) / count,
        length=sum(map(len, values)) / count,
        spaced=sum(" " in value or len(value) > 30 for value in values) / count,
        ids=sum(_is_id(value) for value in values) / count,
        numbers=numbers / count,
        people=sum(_is_contact(value) for value in values) / count,
        times=times,
        dated=dated,
        days=days,
        clocks=sum(CLOCK.fullmatch(value) is not None for value in values) / count,
        distinct=len(set(values)),
        roles=sum(is_role(value) for value in values) / count,
    )


def _is_id(value: str) -> bool:
    return ID_SHAPE.fullmatch(value) is not None and any(one.isdigit() for one in value) and "@" not in value


def _is_contact(value: str) -> bool:
    if len(value) <= CONTACT and EMAIL.search(value):
        return True
    return PHONE.fullmatch(value) is not None and not (value.isdigit() and len(value) < 10)


def _times(values: Sequence[object]) -> tuple[float, float, float]:
    # Either order of day and month will do to see that it is a time.
    column = TimeColumn(TimeRules(day_first=True))
    tried = values[:LOOKED_AT]
    times = dated = days = 0
    for value in tried:
        try:
            column.read(value)
        except (TimeUnreadable, ArithmeticError):
            continue
        text = cell_text(value)
        times += 1
        dated += not text.replace(".", "", 1).isdigit()
        days += type(value) is date or (isinstance(value, str) and column.recognised(text).dated)
    return times / len(tried), dated / len(tried), days / len(tried)
