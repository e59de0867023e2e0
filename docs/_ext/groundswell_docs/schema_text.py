"""Markdown tables of JSON schemas, for the pages of the API and of the messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def schema_table(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Describe the fields of an object as a Markdown table. `parts` resolves references by their last name."""
    required = set(schema.get("required", ()))
    rows = [
        f"| `{name}` | {type_text(field, parts)} | {'yes' if name in required else ''} | {cell(field.get('description', ''))} |"
        for name, field in schema.get("properties", {}).items()
    ]
    return "| field | type | required | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows)


def type_text(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Name the type of a field in a few words: `string`, `one of a, b`, `list of number`, `integer or null`."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        inner = parts.get(name, {})
        return name if inner.get("properties") else type_text(inner, parts)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    for many in ("anyOf", "oneOf"):
        if many in schema:
            return " or ".join(type_text(one, parts) for one in schema[many])
    if schema.get("type") == "array":
        return f"list of {type_text(schema.get('items', {}), parts)}"
    return str(schema.get("format") or schema.get("type", "any"))


def cell(text: str) -> str:
    """Fit a text into one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
