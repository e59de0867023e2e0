"""Errors of the store.

StoreError
├── DatabaseUrlInvalid
├── DatabaseUnreachable
├── DatabaseForeign
├── DatabaseDamaged
├── SchemaOutdated
├── ViewsInUse
├── EncryptionKeyMissing
├── EncryptionKeyWrong
├── EncryptionKeyInvalid
├── LeaseLost
├── AlertUnknown (store.alerts)
├── ThemeUnknown
├── DecisionUnknown
├── DecisionFinal
├── DecisionRestedOn
└── SpikeUnknown
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL


def address_of(url: URL) -> str:
    """Return a database's address as a message shows it: without user and password, which would also look like a mail address."""
    return url.set(username=None, password=None).render_as_string()


class StoreError(Exception):
    """The base class; its text is one sentence for a person."""


class DatabaseUrlInvalid(StoreError):
    """The URL names no database that we can open."""

    def __init__(self, url: str) -> None:
        self.url = url
        scheme = url.split("://", 1)[0] if "://" in url else url[:40]
        super().__init__(
            f"received a database URL that starts with {scheme!r}; valid are sqlite:///FILE and "
            "postgresql+psycopg://USER:<password>@HOST/NAME; pass one with --database or GROUNDSWELL_DATABASE__URL"
        )


class DatabaseUnreachable(StoreError):
    """No server answers at the URL, or the file cannot be used."""

    def __init__(self, url: URL, error: Exception) -> None:
        self.url = url
        lines = str(getattr(error, "orig", error)).strip().splitlines()
        cause = lines[0] if lines else "no reason given"
        super().__init__(
            f"the file of the database {address_of(url)} cannot be used ({cause}); see that its folder exists, that you may read and "
            "write both, and that the disk has space, or name another with --database"
            if url.get_backend_name() == "sqlite"
            else f"the database {address_of(url)} does not answer ({cause}); start it, or name another with --database"
        )


class DatabaseForeign(StoreError):
    """What the URL names is no database of this program; `what` says what it is, as a verb."""

    def __init__(self, place: Path | str, what: str) -> None:
        super().__init__(f"{place} {what}; name a database of Groundswell with --database, or a new file to make one")


class DatabaseDamaged(StoreError):
    """The file is an SQLite database, and cannot be read."""

    def __init__(self, file: Path | str, problem: str) -> None:
        super().__init__(
            f"the database {file} is damaged ({problem}); restore it from a backup, or save what `sqlite3 FILE .recover` can read"
        )


class EncryptionKeyMissing(StoreError):
    """Ticket text is encrypted with a key that was not given, or is to be encrypted without one."""

    def __init__(self, name: str) -> None:
        self.name = name
        needed = f"the ticket text of this database is encrypted with the key {name}, which was not given"
        super().__init__(
            f"{needed if name else 'there is no key to encrypt with'}; set database.encryption_key_file to the file of the keys"
        )


class EncryptionKeyWrong(StoreError):
    """A stored value cannot be decrypted: its key is not among the given ones, or it was changed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"a stored text cannot be decrypted with the key {name}; add that key to the file that database.encryption_key_file names, "
            "or restore the row if it was changed"
        )


class EncryptionKeyInvalid(StoreError):
    """The file of keys cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(
            f"the key file {path} {problem}; make one with `groundswell db new-key`, one key a line, the newest first"
        )


class SchemaOutdated(StoreError):
    """The tables are of another version, or there are none yet; `newer`: this version does not know theirs."""

    def __init__(self, url: URL, current: str | None, head: str | None, *, newer: bool = False) -> None:
        self.current, self.head = current, head
        where = f"the database {address_of(url)}"
        if current is None:
            sentence = f"{where} has no tables yet; `groundswell ingest FILE` or `groundswell db upgrade` makes them"
        elif newer:
            sentence = (
                f"{where} is at schema {current}, which is of a newer version than this one, which knows schemas up to {head}; install "
                "the version that made it"
            )
        else:
            sentence = f"{where} is at schema {current}, this version needs {head}; run `groundswell db upgrade`"
        super().__init__(sentence)


class LeaseLost(StoreError):
    """Another miner took over, so the work of this one is rolled back."""

    def __init__(self, name: str, token: int) -> None:
        self.name, self.token = name, token
        super().__init__(
            f"the lease {name!r} with fencing token {token} was taken by another holder; this process waits for it again"
        )


class ThemeUnknown(StoreError):
    """No theme has the id."""

    def __init__(self, theme_id: int) -> None:
        self.theme_id = theme_id
        super().__init__(
            f"received theme {theme_id}, which does not exist; `groundswell themes list` shows those that do"
        )


class KnownIssueMissing(StoreError):
    """A theme whose known issue was to be cleared or marked as fixed is none."""

    def __init__(self, theme_id: int) -> None:
        self.theme_id = theme_id
        super().__init__(
            f"theme {theme_id} is not flagged as a known issue, so there is nothing to clear or to mark as fixed; flag it with "
            f"`groundswell themes known-issue {theme_id} --title TEXT`"
        )


class DecisionUnknown(StoreError):
    """No decision has the id."""

    def __init__(self, decision_id: int) -> None:
        self.decision_id = decision_id
        super().__init__(
            f"received decision {decision_id}, which does not exist; `groundswell themes decisions` shows those that do"
        )


class DecisionFinal(StoreError):
    """There is nothing that could be undone."""

    def __init__(self, decision_id: int, refusal: str | None = None) -> None:
        self.decision_id = decision_id
        if not decision_id:
            super().__init__(str(refusal))
            return
        cause = f"was refused ({refusal})" if refusal else "is an undo itself"
        super().__init__(
            f"decision {decision_id} {cause}, so that there is nothing to undo; decide anew what should hold"
        )


class DecisionRestedOn(StoreError):
    """Later decisions depend on the one that should be undone."""

    def __init__(self, decision_id: int, later: Sequence[tuple[int, str]]) -> None:
        self.decision_id, self.later = decision_id, tuple(later)
        named = ", ".join(f"{number} ({kind.replace('_', ' ')})" for number, kind in later)
        rest = "decision {} rests" if len(later) == 1 else "decisions {} rest"
        super().__init__(
            f"decision {decision_id} cannot be undone while later {rest.format(named)} on it; undo the newest of them first"
        )


class SpikeUnknown(StoreError):
    """No spike has the id."""

    def __init__(self, spike_id: int) -> None:
        self.spike_id = spike_id
        super().__init__(
            f"received spike {spike_id}, which does not exist; `groundswell spikes list` shows those that do"
        )


class ViewsInUse(StoreError):
    """A view of somebody else refers to one of ours, which has to be removed for a migration."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the view {name} cannot be made again since another view or function refers to it; drop that one, run "
            "`groundswell db upgrade` and create it again"
        )
