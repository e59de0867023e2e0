"""Answers as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from fastapi.responses import Response


def answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Write a value as JSON; times are RFC 3339 in UTC."""
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), status_code=status, media_type="application/json")
