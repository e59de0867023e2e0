"""Webhooks, pulled answers, forms and addresses with canaries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from tests.harness.canaries import Canaries, planted
from tests.harness.canary_files import events, payloads
from tests.harness.helpdesks import FakeJira, FakeZendesk
from tests.harness.webhooks import encoded, hub_signature, shared_headers, zendesk_headers

SECRET = "a-secret"
NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)


class Sent(NamedTuple):
    """A request: path, body and headers."""

    path: str
    body: bytes
    headers: dict[str, str]


def deliveries(canaries: Canaries) -> Iterator[Sent]:
    """Yield deliveries of all systems: valid, damaged, forged, and to paths that there are not."""
    for payload in payloads("zendesk"):
        body = encoded({**planted(payload, canaries.plant, "zendesk webhook"), "id": canaries.plant("a delivery id")})
        yield Sent("/zendesk", body, zendesk_headers(body, SECRET, NOW))
    for payload in payloads("jira"):
        body = encoded(planted(payload, canaries.plant, "jira webhook"))
        signed = {"content-type": "application/json", "x-hub-signature": hub_signature(body, SECRET).decode()}
        yield Sent(
            "/jira", body, {**signed, "x-atlassian-webhook-identifier": canaries.card("the header of an identifier")}
        )
    for one in events(canaries.plant, canaries.card):
        yield _shared("/events", {**one, "id": f"webhook {one['id']}"}, canaries)
    for path in ("/launches", "/changes"):
        yield _shared(
            path,
            {"id": canaries.card(path), "title": f"a sale {canaries.plant(path)}", "kind": canaries.plant(path)},
            canaries,
        )
        yield _shared(path, canaries.plant(f"{path} as a text"), canaries)
    yield from _calendars(canaries)
    yield from _github(canaries)
    for path in (
        "/events",
        "/zendesk",
        "/jira",
        f"/{canaries.card('a path')}",
        f"/events?card={canaries.card('a query')}",
    ):
        body = f"{{broken {canaries.plant('a broken delivery')}".encode()
        yield Sent(path, body, {**shared_headers(body, SECRET, NOW), "content-type": "application/json"})
        yield Sent(
            path,
            body,
            {"content-type": "application/json", "authorization": f"Bearer {canaries.card('a bearer token')}"},
        )


def _shared(path: str, value: Any, canaries: Canaries) -> Sent:
    body = encoded(value)
    kind = "application/cloudevents+json" if path == "/events" else "application/json"
    return Sent(
        path, body, {**shared_headers(body, SECRET, NOW), "content-type": kind, "x-note": canaries.card("a header")}
    )


def _calendars(canaries: Canaries) -> Iterator[Sent]:
    for text in (calendar(canaries), calendar(canaries).replace("DTSTART:2026", f"DTSTART:{canaries.card('a date')}")):
        body = text.encode()
        yield Sent("/launches", body, {**shared_headers(body, SECRET, NOW), "content-type": "text/calendar"})


def calendar(canaries: Canaries) -> str:
    """Return a calendar with a canary in every property."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{canaries.plant('PRODID')}", "BEGIN:VEVENT", f"UID:{canaries.card('UID')}",
         "DTSTART:20261201T080000Z", "DTEND:20261201T100000Z", f"SUMMARY:a sale {canaries.plant('SUMMARY')}",
         f"DESCRIPTION:{canaries.plant('DESCRIPTION')}", f"LOCATION:{canaries.plant('LOCATION')}", "END:VEVENT", "END:VCALENDAR", ""]
    )  # fmt: skip


def _github(canaries: Canaries) -> Iterator[Sent]:
    release = {
        "action": "published", "repository": {"full_name": "acme/app"},
        "release": {"id": 1, "tag_name": f"v1 {canaries.plant('a tag')}", "name": canaries.plant("the name of a release"),
                    "created_at": "2026-11-28T08:00:00Z", "html_url": f"https://example.org/{canaries.card('a URL')}"},
    }  # fmt: skip
    for payload in (release, {"action": "published", "release": {"note": canaries.plant("a release")}}):
        body = encoded(payload)
        signed = {"content-type": "application/json", "x-hub-signature-256": hub_signature(body, SECRET).decode()}
        yield Sent(
            "/changes",
            body,
            {**signed, "x-github-event": "release", "x-github-delivery": canaries.card("a delivery id")},
        )


def zendesk_desk(canaries: Canaries) -> FakeZendesk:
    """Return an account whose tickets and comments contain canaries in every text."""
    desk = FakeZendesk(lambda: datetime.now(UTC))
    at = datetime.now(UTC) - timedelta(days=1)
    for number in range(1, 7):
        fields = {"subject": f"coins {canaries.plant('subject')}", "description": f"I paid {canaries.plant('description')}",
                  "tags": [canaries.plant("a tag")], "raw_subject": canaries.plant("raw subject"),
                  "priority": canaries.plant("priority"),
                  "custom_fields": [{"id": 1, "value": canaries.plant("a custom field")}], "url": canaries.plant("a URL"),
                  "via": {"channel": canaries.plant("channel")}}  # fmt: skip
        desk.change(number, at + timedelta(minutes=number), **fields)
        desk.comment(number, number, at + timedelta(hours=1, minutes=number), f"again {canaries.plant('a comment')}")
    return desk


def jira_desk(canaries: Canaries) -> FakeJira:
    """Return a site whose issues and comments contain canaries in every text."""
    desk = FakeJira(lambda: datetime.now(UTC))
    at = datetime.now(UTC) - timedelta(days=1)
    for number in range(1, 5):
        fields = {"summary": f"coins {canaries.plant('summary')}", "description": f"I paid {canaries.plant('description')}",
                  "labels": [canaries.plant("a label")],
                  "environment": canaries.plant("environment"),
                  "customfield_10010": {"value": canaries.plant("a custom field")},
                  "priority": {"name": canaries.plant("priority")}}  # fmt: skip
        desk.change(number, at + timedelta(minutes=number), **fields)
        desk.comment(number, number, at + timedelta(hours=1), f"again {canaries.plant('a comment')}")
    return desk


def faults(canaries: Canaries) -> list[tuple[int, dict[str, str], Any]]:
    """Return answers of a failing server that quote canaries."""
    return [
        (500, {}, {"error": canaries.plant("an error")}), (200, {}, canaries.plant("an answer").encode()),
        (200, {}, [canaries.plant("an answer")]), (429, {"retry-after": "0", "x-note": canaries.card("a header")}, {}),
        (404, {}, {"error": canaries.plant("an error")}),
    ]  # fmt: skip


def addresses(canaries: Canaries) -> Iterator[str]:
    """Yield addresses of the console with canaries in paths, search boxes and parameters."""
    for name in ("q", "status", "owner", "page", "unknown"):
        yield f"/?{urlencode({name: canaries.plant(f'parameter {name}')})}"
    for path in ("/themes/{}", "/launches/{}", "/spikes/{}/why", "/{}", "/api/themes/{}", "/api/{}", "/static/{}"):
        yield path.format(quote(canaries.plant(f"path {path}"), safe=""))
    for name in ("days", "at", "segment", "members"):
        for path in ("/themes/1", "/themes/1/why", "/api/themes/1", "/api/themes/1/why", "/api/themes"):
            yield f"{path}?{urlencode({name: canaries.plant(f'parameter {name} of {path}')})}"
    yield f"/themes/1/why?segment={quote('region=' + canaries.plant('a value of a segment'))}"
    for kind in ("rename", "merge", "undo", canaries.plant("kind")):
        fields = {name: canaries.plant(f"the field {name}") for name in ("name", "into", "decision", "why", "seen")}
        yield f"/themes/1/decide?{urlencode({'kind': kind, **fields})}"


def forms(canaries: Canaries) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield forms of the console: accepted, refused, and with fields that there are not."""
    known = {name: f"a note {canaries.plant(f'the field {name}')}" for name in ("title", "jira", "workaround")}
    yield "/themes/1/known-issue", known
    yield "/themes/1/known-issue", {**known, "title": f"\x1b {canaries.plant('a title with a control character')}"}
    yield "/themes/2/known-issue", {**known, "workaround": f"{canaries.plant('a long workaround')} " * 90}
    for kind in ("rename", "merge", "undo"):
        yield (
            "/themes/1/decide",
            {"kind": kind, **{name: canaries.plant(f"the field {name}") for name in ("name", "into", "why", "seen")}},
        )


def links(page: str) -> set[str]:
    """Return the addresses that a page links to."""
    return {found.replace("&amp;", "&").partition("#")[0] for found in re.findall(r'href="(/[^"]*)"', page)}


def launch_files(canaries: Canaries) -> Iterator[tuple[str, str]]:
    """Yield the names and contents of files of launches."""
    rows = {"id": canaries.card("an id"), "title": f"a sale {canaries.plant('a title')}", "start": "2026-12-03", "end": "2026-12-04",
            "scope": f"region={canaries.plant('a scope')}"}  # fmt: skip
    yield "launches.ics", calendar(canaries)
    yield "launches.json", json.dumps([{**rows, "kind": "sale"}, {**rows, "start": canaries.plant("a start")}])
    yield "one-launch.json", json.dumps([{**rows, "id": "a sale"}])
    yield "launches.csv", f"{','.join(rows)}\n{','.join(rows.values())}\n{canaries.plant('a cell')}\n"
    yield "broken.json", f"[{canaries.plant('broken JSON')}"
    yield "decisions.json", json.dumps([{"id": 1, "at": canaries.plant("a time"), "kind": "rename"}])
