"""Jira: one issue for each incident, a comment for each news, and a link back to the console.

REST API v3, https://developer.atlassian.com/cloud/jira/platform/rest/v3/. An issue is found by a label, a comment by a property: both
follow from the key of the message, so that one whose answer was lost is not made twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.http import HttpAnswer, HttpSender
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import DeliveryRecoverable

LONGEST_SUMMARY = 255
LONGEST_TEXT = 30_000
"""Characters of a description or comment; Jira refuses at 32,767."""

PROPERTY = "groundswell"


class JiraChannel(Unchangeable):
    """Creates issues in one project."""

    abilities = ChannelAbilities(threads=True, recognizes=True)

    def __init__(
        self, name: str, site: str, http: HttpSender, project: str, issue_type: str, labels: Sequence[str]
    ) -> None:
        self.name = name
        self._site = site
        self._http = http
        self._project = project
        self._issue_type = issue_type
        self._labels = tuple(labels)

    def send(self, message: Message) -> Reference:
        """Create the issue of an incident, or comment on it where there is one."""
        if message.thread and (key := message.thread.get("key")):
            self._comment(str(key), message)
            return message.thread
        label = f"groundswell-{_digest(message.key)}"
        key = self._find(label) or self._create(label, message)
        if message.url:
            self._link_back(key, message)
        return {"key": key, "url": f"{self._site}/browse/{quote(key)}"}

    def _find(self, label: str) -> str | None:
        jql = f'project = "{self._project}" AND labels = "{label}"'
        asked = {"jql": jql, "maxResults": 1, "fields": ["key"]}
        found = self._object(self._http.send_json("POST", f"{self._site}/rest/api/3/search/jql", asked))
        issues = found.get("issues") or []
        return str(issues[0]["key"]) if issues and "key" in issues[0] else None

    def _create(self, label: str, message: Message) -> str:
        fields = {
            "project": {"key": self._project},
            "issuetype": {"name": self._issue_type},
            "summary": (" ".join(message.title.split()) or message.key)[:LONGEST_SUMMARY],
            "description": as_document(message.plain or message.text),
            "labels": [*self._labels, label],
        }
        answer = self._object(self._http.send_json("POST", f"{self._site}/rest/api/3/issue", {"fields": fields}))
        if not isinstance(answer.get("key"), str):
            raise self._unreadable()
        return str(answer["key"])

    def _comment(self, key: str, message: Message) -> None:
        mark = _digest(message.key)
        address = f"{self._site}/rest/api/3/issue/{quote(key)}/comment"
        if mark in self._marks(address):
            return
        comment = {
            "body": as_document(message.plain or message.text),
            "properties": [{"key": PROPERTY, "value": {"message": mark}}],
        }
        self._http.send_json("POST", address, comment)

    def _marks(self, address: str) -> Iterator[str]:
        """Return the marks of the newest comments."""
        answer = self._http.send("GET", f"{address}?orderBy=-created&maxResults=50&expand=properties")
        for comment in self._object(answer).get("comments") or []:
            for one in comment.get("properties") or []:
                value = one.get("value")
                if one.get("key") == PROPERTY and isinstance(value, Mapping):
                    yield str(value.get("message"))

    def _link_back(self, key: str, message: Message) -> None:
        """Link to the console; the global id lets Jira replace the link rather than add one."""
        link = {
            "globalId": f"groundswell:{message.subject or message.key}"[:LONGEST_SUMMARY],
            "object": {"url": message.url, "title": "Groundswell"},
        }
        self._http.send_json("POST", f"{self._site}/rest/api/3/issue/{quote(key)}/remotelink", link)

    def _object(self, answer: HttpAnswer) -> Mapping[str, Any]:
        found = answer.json()
        if not isinstance(found, dict):
            raise self._unreadable()
        return found

    def _unreadable(self) -> DeliveryRecoverable:
        return DeliveryRecoverable(
            self.name, "the answer of Jira is cut off, or not the JSON of its API", transient=True, unclear=True
        )


def as_document(text: str) -> dict[str, Any]:
    """Write plain text in the Atlassian Document Format, in which it is no markup."""
    lines = text[:LONGEST_TEXT].split("\n")
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in lines]
    return {"version": 1, "type": "doc", "content": paragraphs}


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
