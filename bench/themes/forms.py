"""Scores the themes of tickets that arrived as plain text, as HTML with inline styles, and as HTML of Outlook.

usage: python -m bench.themes.forms

The case `17-html.jsonl` of the shared cases is mined by the embedded chain. Adjusted mutual information with the true intents
(Vinh, Epps and Bailey 2010), a ticket without a theme counting as a theme of its own; over all tickets and over those of each form.
`names_of_markup`: themes whose name has a word of HTML or of a style sheet. GROUNDSWELL_SHARED_DATA names the shared data (default
../shared/data); the cases are in the folder next to it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import adjusted_mutual_info_score

from bench.replay import mine
from bench.result import save
from groundswell.session import make_embedder
from groundswell.settings import Settings

FORMS = ("plain", "inline_styles", "outlook")

MARKUP = re.compile(
    r"\b(?:html|div|span|style|font|serif|sans|calibri|margin|msonormal|nbsp|class|px|pt|cm)\b", re.IGNORECASE
)


def main() -> None:
    """Mine, score and save."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    case = Path(os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data")).parent / "cases" / "17-html.jsonl"
    with gzip.open(case.with_name("17-html.truth.json.gz"), "rt", encoding="utf-8") as file:
        truth: dict[str, tuple[str, int]] = json.load(file)
    with tempfile.TemporaryDirectory() as folder:
        mine(case, Path(folder), make_embedder(Settings()))
        themes = json.loads((Path(folder) / "17-html.themes.json").read_text(encoding="utf-8"))
    save("themes_forms", score(truth, themes))


def score(truth: Mapping[str, tuple[str, int]], themes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures: `truth` is label and form by ticket, `themes` a listing with members."""
    theme_of = {ticket: theme["id"] for theme in themes for ticket in theme["tickets"]}

    def agreement(tickets: Sequence[str]) -> float:
        found = [str(theme_of.get(ticket, f"single {ticket}")) for ticket in tickets]
        return round(float(adjusted_mutual_info_score([truth[ticket][0] for ticket in tickets], found)), 3)

    return {
        "tickets": len(truth),
        "themes": len(themes),
        "ami": agreement(list(truth)),
        **{
            f"ami_{name}": agreement([ticket for ticket, (_, form) in truth.items() if form == number])
            for number, name in enumerate(FORMS)
        },
        "names_of_markup": sum(MARKUP.search(theme["name"]) is not None for theme in themes),
    }


if __name__ == "__main__":
    main()
