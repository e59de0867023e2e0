"""Encryption of the columns of a database as the command line runs it."""

from __future__ import annotations

import sys

from groundswell.session import now, open_session
from groundswell.terminal_ingest import INTERRUPTED, StopRequest
from store.reencryption import decrypt_stored, encrypt_stored

SAID_EVERY = 20
"""Batches between two lines of progress."""


def run_encryption(database: str | None, *, decrypt: bool) -> int:
    """Write every value of ticket text again, encrypted or in plain text, with progress on stderr. Returns the exit code."""
    session, rows = open_session(database), 0
    done = "stored in plain text" if decrypt else "encrypted with the newest key"
    with StopRequest() as stop:
        batches = decrypt_stored(session.engine, stop) if decrypt else encrypt_stored(session.engine, now(), stop)
        for number, count in enumerate(batches, 1):
            rows += count
            if number % SAID_EVERY == 0:
                sys.stderr.write(f"{rows:,} rows {done}.\n")
        if stop():
            sys.stderr.write(f"Stopped; {rows:,} rows are {done}. Run the same command to go on.\n")
            return INTERRUPTED
    sys.stderr.write(f"{rows:,} rows {done}; ticket text is {'not encrypted any more' if decrypt else 'encrypted'}.\n")
    return 0
