"""Track data: what a magnetic stripe has after the card number, never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK
from models.redaction.span import Span

_TRACK = re.compile(rf"(?:{CARD_MARK}|\[CARD\]) ?(?P<found>(?:\^[^^\n]{{2,40}}\^|[=D]) ?[0-9]{{4}}[0-9 ]*\??)")


def track_spans(text: str) -> list[Span]:
    """Find what a magnetic stripe holds after the card number (ISO/IEC 7813): name, expiry, service code and the issuer's data."""
    if CARD_MARK not in text and "[CARD]" not in text:
        return []
    return [found.span("found") for found in _TRACK.finditer(text)]
