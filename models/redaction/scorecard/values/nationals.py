"""National ids: numbers of persons and firms by country, with the check digits of their standards (python-stdnum)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from random import Random
from string import ascii_uppercase

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, alnum

_PART = re.compile(r"D|[#A?]|\[[^\]]+\]|.")


@dataclass(frozen=True, slots=True)
class NationalForm:
    """How the ids of a country look: an entry of `nationals.toml`, which explains the fields."""

    module: str
    shape: str
    names: Sequence[str]
    writings: Sequence[str]


_CLASSES = {"#": "0123456789", "A": ascii_uppercase}
_TRIES = 4000


class NationalIdDrawer:
    """Draws ids of all countries that are listed here; numbers with check digits are drawn until the standard's rule accepts one."""

    def __init__(self) -> None:
        """Read the forms, and load the rules."""
        text = files("models.redaction.scorecard").joinpath("nationals.toml").read_text(encoding="utf-8")
        self.forms = tuple(NationalForm(**one) for one in tomllib.loads(text)["form"])
        self._rules = {form.module: import_module(f"stdnum.{form.module}") for form in self.forms if form.module}

    def draw(self, rng: Random) -> SecretValue:
        """Draw an id with the name that people give it, written as in its country."""
        form = rng.choice(self.forms)
        text = self._valid(rng, form)
        layout = rng.choice(form.writings)
        name = rng.choice(form.names)
        between = (
            " " if name.endswith(("is", "é", "è", "es", "är", "to")) else rng.choice((": ", " ", " is ", ":", " = "))
        )
        about = f"{form.module or name}, {layout or 'compact'}"
        return SecretValue(
            SensitiveKind.NATIONAL_ID, alnum(_laid_out(text, layout)), about, f"{name}{between}{{}}", name
        )

    def _valid(self, rng: Random, form: NationalForm) -> str:
        for _ in range(_TRIES):
            text = drawn(rng, form.shape)
            if not form.module or self._rules[form.module].is_valid(text):
                return text
        raise ValueError(f"received a shape for {form.module} that draws no valid number; correct it in nationals.toml")


def drawn(rng: Random, shape: str) -> str:
    """Draw a text of a shape; see `NationalForm`."""
    parts = []
    for part in _PART.findall(shape):
        if part in "DEY":
            year, month, day = rng.randrange(1950, 2000), rng.randrange(1, 13), rng.randrange(1, 29)
            parts.append(
                {
                    "D": f"{year % 100:02}{month:02}{day:02}",
                    "E": f"{day:02}{month:02}{year % 100:02}",
                    "Y": f"{year}{month:02}{day:02}",
                }[part]
            )
        elif part.startswith("["):
            choices = re.sub(
                r"(\d)-(\d)", lambda found: "".join(map(str, range(int(found[1]), int(found[2]) + 1))), part[1:-1]
            )
            parts.append(rng.choice(choices))
        else:
            parts.append(rng.choice(_CLASSES.get(part, part)))
    return "".join(parts)


def _laid_out(text: str, layout: str) -> str:
    if not layout:
        return text
    done, at = [], 0
    for part in re.findall(r"\d+|\D+", layout):
        if part.isdigit():
            done.append(text[at : at + int(part)])
            at += int(part)
        else:
            done.append(part)
    return "".join(done) + text[at:]
