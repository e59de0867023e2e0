"""The reference page of all settings, generated from the settings models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from groundswell.settings import Settings

HEAD = """# Settings

Settings come from `groundswell.toml` in the folder in which a command runs, and from the environment, which takes precedence. The
setting `mining.lateness` is `lateness` in the table `[mining]`, or `GROUNDSWELL_MINING__LATENESS`. Durations are ISO 8601 (`PT10M`).
A wrong name of a setting is refused with the nearest right one, in the file and in the environment.

This page is generated: `GROUNDSWELL_REGENERATE_GOLDEN=1 pytest tests/project/test_settings.py` writes it again.

| setting | default | what it does |
| --- | --- | --- |
"""


def settings_page() -> str:
    """Describe every setting as a Markdown page."""
    rows = [f"| `{path}` | {_default(field)} | {field.description} |" for path, field in walk(Settings)]
    return HEAD + "\n".join(rows) + "\n"


def walk(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """List every setting with its path, in the order of packages and fields."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from walk(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None and field.default_factory is not dict:
        return "the user's data folder"
    if (
        field.default_factory is dict
        or isinstance(field.default, SecretStr)
        or field.default in (None, "", frozenset())
    ):
        return "none"
    if isinstance(field.default, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(field.default, mode='json')}`"
    if isinstance(field.default, tuple):
        parts = (" x ".join(part) if isinstance(part, tuple) else str(part) for part in field.default)
        return f"`{', '.join(parts)}`"
    return f"`{field.default}`"
