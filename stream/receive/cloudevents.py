"""CloudEvents 1.0 over HTTP: structured, batched and binary mode.

HTTP Protocol Binding: in binary mode each attribute is a header `ce-<name>`, percent-encoded where it is not ASCII, and the body is
the data alone (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

PREFIX = "ce-"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def http_events(media_type: str, headers: Mapping[str, str], payload: Any) -> list[Any]:
    """Return the events of a request, each as an object of attributes and `data`.

    `headers` have names in lower case. What is no event stays in the list, to be refused by validation.
    """
    if media_type == BATCH or isinstance(payload, list):
        return payload if isinstance(payload, list) else [payload]
    if media_type != STRUCTURED and PREFIX + "specversion" in headers:
        attributes = {
            name.removeprefix(PREFIX): unquote(value) for name, value in headers.items() if name.startswith(PREFIX)
        }
        return [{**attributes, "data": payload}]
    return [payload]
