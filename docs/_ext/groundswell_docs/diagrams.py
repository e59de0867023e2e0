"""The directive `diagram`: an SVG inside the page, so that it follows the site's light and dark form."""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive

from groundswell_docs.entities import entity_diagram
from groundswell_docs.sequence import sequence_diagram

DRAWINGS = {"entities": entity_diagram, "epoch": sequence_diagram}


class Diagram(Directive):  # type: ignore[misc] # docutils publishes no types
    """Draw the diagram that the argument names: `entities` or `epoch`; the content is its caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the drawing and its caption as one figure."""
        if self.arguments[0] not in DRAWINGS:
            raise self.error(f"received the diagram {self.arguments[0]!r}; valid are {', '.join(DRAWINGS)}")
        figure = nodes.container(classes=["gs-figure"])
        figure += nodes.raw("", DRAWINGS[self.arguments[0]](), format="html")
        if self.content:
            caption = nodes.container(classes=["gs-caption"])
            self.state.nested_parse(self.content, self.content_offset, caption)
            figure += caption
        return [figure]
