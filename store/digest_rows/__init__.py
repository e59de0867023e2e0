"""The rows that digests are built from: figures of a window for every audience, then what their items show in addition."""

from store.digest_rows.collect import collect
from store.digest_rows.detail import add_detail, promise_period, quote_rows
from store.digest_rows.records import (
    AlertNotice,
    DigestCause,
    DigestLaunch,
    DigestProcedure,
    DigestRows,
    DigestSpike,
    DigestTheme,
    IncidentNotice,
    QuoteRow,
    Reach,
)
from store.digest_rows.weeks import add_weeks

__all__ = [
    "AlertNotice",
    "DigestCause",
    "DigestLaunch",
    "DigestProcedure",
    "DigestRows",
    "DigestSpike",
    "DigestTheme",
    "IncidentNotice",
    "QuoteRow",
    "Reach",
    "add_detail",
    "add_weeks",
    "collect",
    "promise_period",
    "quote_rows",
]
