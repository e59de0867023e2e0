"""Generated pages: a page names its generator in a comment, `<!-- generated: commands -->`, and its text replaces the comment."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from groundswell_docs.api import api_reference
from groundswell_docs.commands import command_reference
from groundswell_docs.data_map import data_map
from groundswell_docs.decisions import decision_list
from groundswell_docs.messages import message_reference
from groundswell_docs.results import result_tables
from groundswell_docs.tables import table_reference
from groundswell_docs.views import view_dictionary

if TYPE_CHECKING:
    from sphinx.application import Sphinx

GENERATORS: dict[str, Callable[[], str]] = {
    "api": api_reference,
    "commands": command_reference,
    "datamap": data_map,
    "decisions": decision_list,
    "messages": message_reference,
    "results": result_tables,
    "tables": table_reference,
    "views": view_dictionary,
}
MARK = re.compile(r"<!-- generated: ([a-z]+) -->")


def fill_page(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Replace each mark of a page by what its generator writes; an unknown generator ends the build with a `KeyError`."""
    source[0] = MARK.sub(lambda mark: GENERATORS[mark[1]](), source[0])
