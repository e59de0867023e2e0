"""The Sphinx extension of this site: pages generated from the code, diagrams as SVG, and a check that the site needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundswell_docs.diagrams import Diagram
from groundswell_docs.generated import fill_page
from groundswell_docs.offline import check_site

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive `diagram`, the generated pages and the check of the built site."""
    app.add_directive("diagram", Diagram)
    app.connect("source-read", fill_page)
    app.connect("build-finished", check_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
