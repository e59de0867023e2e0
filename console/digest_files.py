"""Digests and reviews as files that people download."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import HTTPException

from alerts.digest.formats import DigestFormat
from alerts.errors import PdfUnavailable
from alerts.publishing import write_form
from console.form import fault_of
from store.digests import StoredDigest

DOWNLOADS: Mapping[DigestFormat, tuple[str, str]] = {
    DigestFormat.MARKDOWN: ("Markdown", "text/markdown; charset=utf-8"),
    DigestFormat.CSV: ("CSV, the numbers", "text/csv; charset=utf-8"),
    DigestFormat.PDF: ("PDF", "application/pdf"),
    DigestFormat.SLACK: ("blocks for Slack", "application/json"),
}
"""The forms that are downloaded, each with its name and media type."""


def written_form(stored: StoredDigest, form: DigestFormat) -> bytes:
    """Write a digest in a form; answers 503 without the libraries of PDF, and 404 where an earlier version kept no figures."""
    try:
        return write_form(stored, form)
    except PdfUnavailable as error:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, fault_of(error)) from error
    except ValueError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, fault_of(error)) from error
