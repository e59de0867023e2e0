"""The reference of the console's JSON API, generated from the OpenAPI description that the application serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundswell_docs.schema_text import type_text


def api_reference() -> str:
    """Describe each route under `/api` as Markdown: method, path, what it returns and its parameters."""
    description = openapi_description()
    parts = description.get("components", {}).get("schemas", {})
    return "\n\n".join(
        section
        for path, operations in sorted(description["paths"].items())
        if path.startswith("/api/")
        for method, operation in operations.items()
        for section in _sections(method, path, operation, parts)
    )


def openapi_description() -> dict[str, Any]:
    """Return the OpenAPI description of the console; no database is opened for it."""
    from datetime import UTC, datetime

    from sqlalchemy import create_engine

    from console.access import LinkSignIn
    from console.app import create_app
    from console.parts import ConsoleParts
    from console.settings import ConsoleSettings
    from pipelines.settings import MiningSettings

    app = create_app(
        create_engine("sqlite://"),
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        settings=ConsoleSettings(),
        mining=MiningSettings(),
        parts=ConsoleParts(sign_in=LinkSignIn("", name="", port=0)),
    )
    return app.openapi()


def _sections(method: str, path: str, operation: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    yield f"## `{method.upper()} {path}`"
    yield operation.get("description") or f"{operation['summary']}."
    rows = [
        f"| `{one['name']}` | {one['in']} | {type_text(one['schema'], parts)} | {_default(one)} |"
        for one in operation.get("parameters", ())
    ]
    if rows:
        yield "| parameter | in | type | default |\n| --- | --- | --- | --- |\n" + "\n".join(rows)


def _default(parameter: Mapping[str, Any]) -> str:
    if parameter.get("required"):
        return "required"
    default = parameter["schema"].get("default")
    return "" if default in (None, "") else f"`{default}`"
