"""A stored digest as a mail: its page with pictures as parts of the mail, and its numbers attached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alerts.chart.plot import Plot, png_of

_EMBEDDED = re.compile(r'src="data:image/svg\+xml;base64,[^"]*"')


def mail_page(page: str, facts: Mapping[str, Any]) -> tuple[str, dict[str, bytes]]:
    """Return the page of a digest with its pictures as `cid:` parts, and these parts as PNG by name.

    Many mail programs show neither SVG nor pictures in the page itself. The pictures are drawn from the facts, in which they are
    in the order of the page.
    """
    plots = [Plot.of(item["picture"]) for item in facts["items"] if item.get("picture") is not None]
    if len(_EMBEDDED.findall(page)) != len(plots):
        return page, {}
    parts = {f"chart-{number}.png": png_of(plot) for number, plot in enumerate(plots, start=1)}
    names = iter(parts)
    return _EMBEDDED.sub(lambda _: f'src="cid:{next(names)}"', page), parts


def attachment_name(facts: Mapping[str, Any], suffix: str) -> str:
    """Return the name of a file that a digest has attached; the suffix with its dot."""
    return f"{facts['audience']}-{facts['start'][:10]}-{facts['kind']}{suffix}"
