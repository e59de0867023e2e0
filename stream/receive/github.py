"""Changes from GitHub's webhooks: releases and deployments.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads, events `release`, `deployment` and `deployment_status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.raw import RefusalReason, RefusedEvent

Fields = Mapping[str, Any]

REPORTED = {"success": "", "failure": " failed", "error": " failed"}
"""States of a deployment that are recorded, and what they add to the title; the others are steps on the way."""


def github_events(event: str, payload: Fields) -> list[dict[str, Any]] | RefusedEvent:
    """Return the change that a delivery records; none for events and actions that change nothing for customers.

    A deployment is recorded when it is created, and revised when it has succeeded or failed: both have one identity.
    """
    try:
        if event == "release":
            return _release(payload)
        if event == "deployment":
            return _deployment(payload)
        if event == "deployment_status":
            return _deployment_status(payload)
    except (KeyError, TypeError, AttributeError):
        detail = f"received a GitHub event {event} without one of its fields; send the payload as GitHub writes it"
        return RefusedEvent(RefusalReason.INVALID, detail)
    return []


def _release(payload: Fields) -> list[dict[str, Any]]:
    release = payload["release"]
    if payload["action"] != "published" or release.get("draft"):
        return []
    name, tag = release.get("name"), str(release["tag_name"])
    title = f"{_repository(payload)} {tag}" + (f": {name}" if name and name != tag else "")
    return [
        _change(
            payload,
            subject=f"release/{tag}",
            event_id=f"release/{release['id']}",
            time=release.get("published_at") or release["created_at"],
            title=title,
            url=release.get("html_url"),
        )
    ]


def _deployment(payload: Fields) -> list[dict[str, Any]]:
    deployment = payload["deployment"]
    return [
        _change(
            payload,
            subject=f"deployment/{deployment['id']}",
            event_id=f"deployment/{deployment['id']}",
            time=deployment["created_at"],
            title=_deployed(payload),
            url=None,
        )
    ]


def _deployment_status(payload: Fields) -> list[dict[str, Any]]:
    status, deployment = payload["deployment_status"], payload["deployment"]
    if status["state"] not in REPORTED:
        return []
    return [
        _change(
            payload,
            subject=f"deployment/{deployment['id']}",
            event_id=f"deployment/{deployment['id']}/status/{status['id']}",
            time=status["created_at"],
            title=_deployed(payload) + REPORTED[status["state"]],
            url=status.get("log_url") or status.get("target_url") or None,
        )
    ]


def _deployed(payload: Fields) -> str:
    deployment = payload["deployment"]
    return f"{_repository(payload)} {deployment['ref']} to {deployment.get('environment') or 'production'}"


def _repository(payload: Fields) -> str:
    return str(payload["repository"]["full_name"])


def _change(payload: Fields, *, subject: str, event_id: str, time: Any, title: str, url: str | None) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/github/{_repository(payload)}",
        "type": "change.recorded",
        "time": time,
        "subject": subject,
        "data": {"kind": "release", "title": title, "url": url},
    }
