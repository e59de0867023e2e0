"""Writes a scenario as a file that `groundswell ingest` reads."""

from __future__ import annotations

from pathlib import Path

import orjson

from groundswell.demo.scenario import Scenario


def write(scenario: Scenario, path: Path) -> int:
    """Write the events as JSON lines in the order of their arrival and return their number."""
    path.write_bytes(b"".join(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in scenario.events))
    return len(scenario.events)
