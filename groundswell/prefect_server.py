"""The Prefect server: where it is, and whether it answers."""

from __future__ import annotations

import os
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import urlopen

from groundswell.errors import GroundswellError

START = "start one with `prefect server start`, and set PREFECT_API_URL=http://127.0.0.1:4200/api in the environment"
"""What a person does who has no Prefect server yet."""

_SECONDS = 10.0


def server_url() -> str | None:
    """The API of the server that the environment names; None where it names none.

    Prefect's own profiles are not read: importing Prefect takes seconds, and a service should not depend on one user's files.
    """
    return os.environ.get("PREFECT_API_URL") or None


def answers(url: str) -> str | None:
    """None where the API answers that it is healthy, else what happened instead."""
    if not url.startswith(("http://", "https://")):
        return "it is not an http or https URL"
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=_SECONDS) as reply:  # noqa: S310 - the scheme was checked above
            return None if reply.read().strip() == b"true" else "what answers is no Prefect API"
    except URLError as error:
        return str(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        # The text of the error may quote the URL, which may contain a password.
        return type(error).__name__


def without_user(url: str) -> str:
    """Return a URL as a message shows it: without the user and password that it may contain."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


def require_server() -> str:
    """Return the API's URL. Raises `GroundswellError` where none is named or it does not answer."""
    url = server_url()
    if url is None:
        raise GroundswellError(f"PREFECT_API_URL is not set, and schedules need a Prefect server; {START}")
    problem = answers(url)
    if problem is not None:
        raise GroundswellError(
            f"the Prefect API at {without_user(url)} does not answer ({problem}); check PREFECT_API_URL, or {START}"
        )
    return url
