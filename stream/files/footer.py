"""Recognise what exports write below their rows: totals, the number of rows, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stream.files.table import CellValue

_TOTAL = re.compile(
    r"(grand |sub)?totals?|total (général|general|geral|generale)|totale|toplam|totaal|sum|summe|gesamt|gesamtsumme|insgesamt"
    r"|endsumme|somme|suma|soma|somma|итого|всего|razem|celkem|összesen|yhteensä|合計|総計|总计|合计|合計|총계|합계|المجموع",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\(?\d[\d,. ]*(rows?|records?|tickets?|entries|cases|results|zeilen|einträge|lignes|filas|registros|righe)\b.*\)?",
    re.IGNORECASE,
)
_FIGURES_AT_END = re.compile(r"[\s\d.,()=]+$")

LONGEST = 60
"""Characters of the cell that names a total."""

_FIGURE = re.compile(r"[^\W\d_]{0,3}[\s\W\d_]*[^\W\d_]{0,3}")


def is_total(row: Sequence[CellValue]) -> bool:
    """Return whether a row sums the rows above it: its first filled cell says so, and the others are figures or empty."""
    first = next((text for cell in row if cell is not None and (text := str(cell).strip())), "")
    if len(first) > LONGEST or first.isdigit():
        return False
    name, _, rest = first.partition(":")
    words = _FIGURES_AT_END.sub("", name)
    if _TOTAL.fullmatch(words) is None and _COUNT.fullmatch(first) is None:
        return False
    others = [text for cell in row if cell is not None and (text := str(cell).strip())][1:]
    return all(_FIGURE.fullmatch(cell) for cell in (rest.strip(), *others))


def is_rule(row: Sequence[CellValue]) -> bool:
    """Return whether a row has nothing but spaces, or is the line that database clients draw below the header."""
    first = row[0]
    if not isinstance(first, str) or not (first.isspace() or first.startswith("--") or not first):
        return False
    return not "".join(map(str, row)).strip("-+= \t\xa0")
