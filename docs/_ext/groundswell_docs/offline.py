"""The site needs no network: nothing that a browser loads by itself may lie on another host. Links that a reader follows may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HOST = r"(?:[a-z][a-z0-9+.-]*:)?//[^\s\"'>)]+"
LOADING = r"<(?:script|img|iframe|source|audio|video|embed|object|input|track)\b[^>]*?\b(?:src|srcset|data|poster)"
NAMING = r"\brel=[\"']?(?:canonical|author|license|search|next|prev|index)\b"
"""Kinds of `<link>` that name an address and load nothing."""
LOADED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{LOADING}=[\"']?({HOST})",
        rf"<link\b(?![^>]*{NAMING})[^>]*?\bhref=[\"']?({HOST})",
        rf"url\(\s*[\"']?({HOST})",
        rf"@import\s+[\"']({HOST})",
    )
)


def loaded_from_elsewhere(text: str) -> list[str]:
    """List the addresses on other hosts that a browser loads by itself from an HTML page or a style sheet."""
    return [match[1] for pattern in LOADED for match in pattern.finditer(text)]


def check_site(app: Sphinx, exception: Exception | None) -> None:
    """Fail the build if a page or style sheet of the site loads anything from another host."""
    if exception is not None or app.builder.format != "html":
        return
    found = [f"{path.name}: {address}" for path, address in _walk(Path(app.outdir))]
    if found:
        from sphinx.errors import ExtensionError

        raise ExtensionError(
            f"the site loads {len(found)} addresses from other hosts, and must load none: {'; '.join(found[:5])}"
        )


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".css", ".svg"):
            for address in loaded_from_elsewhere(path.read_text(encoding="utf-8")):
                yield path, address
