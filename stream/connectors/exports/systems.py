"""The systems whose tables are known, and which of them wrote a table."""

from __future__ import annotations

from collections.abc import Sequence

from stream.connectors.exports import freshdesk, intercom, jira, salesforce, zendesk
from stream.connectors.exports.export_system import ExportSystem

GENERIC = ExportSystem(name="csv", source="/csv", read_comment=jira.read_comment, keeps_ids=True)
"""A table of a system that is not known: columns and values are guessed by their usual names."""

SYSTEMS = (zendesk.SYSTEM, jira.SYSTEM, freshdesk.SYSTEM, intercom.SYSTEM, salesforce.SYSTEM)
SURE = 0.6


def system_of(header: Sequence[str]) -> tuple[ExportSystem, float]:
    """Return the system that wrote a table with this header, with the confidence in [0, 1]; the generic one where none did."""
    likeness, system = max(((one.likeness(header), one) for one in SYSTEMS), key=lambda found: found[0])
    return (system, likeness) if likeness >= SURE else (GENERIC, 0.0)
