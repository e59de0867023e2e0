"""The forms of a digest, and the endings of their files."""

from __future__ import annotations

from enum import StrEnum


class DigestFormat(StrEnum):
    """A form that a digest is written in; the values are those of the command line."""

    MARKDOWN = "md"
    HTML = "html"
    SLACK = "slack"
    PDF = "pdf"
    CSV = "csv"

    @property
    def suffix(self) -> str:
        """Ending of a file of this form, with its dot."""
        return ".slack.json" if self is DigestFormat.SLACK else f".{self.value}"


PAGES = (DigestFormat.MARKDOWN, DigestFormat.HTML)
"""What is always published: the database stores both, and the other forms are made of them and of the facts."""
