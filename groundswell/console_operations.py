"""What the console is handed to operate the installation: the checks of `doctor`, reading refused records again, and channels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError

from alerts.errors import AlertsError
from console.operations import OperationFailed, OperationsParts, RetryOrder, RetryResult
from groundswell.errors import GroundswellError
from groundswell.session import Session, embedder_choice, now
from models.redaction import redact
from store.errors import StoreError
from stream.errors import SourceError

if TYPE_CHECKING:
    from alerts.channels.trial import ChannelTrial
    from models.check_result import CheckResult

RETRY = (sys.executable, "-c", "from groundswell.cli import main; main()", "quarantine", "retry", "--json")
TEST_LIMIT = timedelta(seconds=20)
"""How long a channel may take to answer a test: a person waits."""


def operations_parts(session: Session) -> OperationsParts:
    """Compose what operates the installation of a session."""
    settings = session.settings
    return OperationsParts(
        checks=lambda: _examine(session),
        retry_quarantine=lambda order: _retry(session, order),
        propose_mapping=_propose,
        channels={"file": "file"} | {name: one.kind for name, one in settings.channels.items()},
        test_channel=lambda name: _test(session, name),
        retention=settings.retention,
    )


def _examine(session: Session) -> list[CheckResult]:
    from groundswell.doctor import Doctor

    with _described():
        return list(Doctor(session.settings, session.engine, embedder_choice(session.settings).name, now).examine())


def _test(session: Session, name: str) -> ChannelTrial:
    from alerts.channels.trial import try_channel
    from groundswell.sending import channels_of

    with _described():
        return try_channel(channels_of(session.settings, now)[name], now(), TEST_LIMIT)


def _propose(path: str, how: Mapping[str, Any] | None) -> str:
    """Return the mapping file that a table was read with, or the one that its content suggests."""
    from groundswell.commands.ingest import open_options
    from groundswell.quarantine_retry import ReadingOptions
    from stream.opening import guess_mapping

    used = ReadingOptions.of(how, None)
    with _described():
        if used.mapping is not None and Path(used.mapping).is_file():
            return Path(used.mapping).read_text(encoding="utf-8")
        return guess_mapping(path, open_options(used.format, None, used.encoding, used.zone))


def _retry(session: Session, order: RetryOrder) -> RetryResult:
    """Read refused records again in a process of its own: it loads the model, and mines, which would hold up every page."""
    words = [*RETRY]
    words += [] if order.reason is None else [f"--reason={order.reason}"]
    words += [] if order.record_id is None else [f"--record={order.record_id}"]
    words += [] if order.mapping is None else [f"--mapping={_kept_mapping(session, order.mapping)}"]
    words += [] if order.stream is None else ["--", order.stream]
    # In the environment, because others can read a command line; it holds the password of PostgreSQL.
    environment = {
        **os.environ,
        "GROUNDSWELL_DATABASE__URL": session.engine.url.render_as_string(hide_password=False),
        "GROUNDSWELL_DATA": str(session.settings.data),
    }
    done = subprocess.run(  # noqa: S603 - our own program, with words of our own
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        [report] = orjson.loads(done.stdout)
    except (orjson.JSONDecodeError, ValueError):
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise OperationFailed(_sentence(said[-1] if said else f"it ended with exit code {done.returncode}")) from None
    return RetryResult(report["settled"], report["left"], tuple(redact(one).text for one in report["sentences"]))


def _kept_mapping(session: Session, text: str) -> Path:
    """Keep a mended mapping as a file, by its content, which later runs read these records with; returns its path."""
    folder = session.settings.data / "mappings"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    plain = text.replace("\r\n", "\n")
    file = folder.resolve() / f"{sha256(plain.encode()).hexdigest()[:16]}.toml"
    file.touch(mode=0o600)
    file.write_text(plain, encoding="utf-8")
    return file


@contextmanager
def _described() -> Iterator[None]:
    """Raise an error of ours as the sentence that the console shows."""
    try:
        yield
    except (GroundswellError, StoreError, SourceError, AlertsError) as error:
        raise OperationFailed(_sentence(str(error))) from error
    except (OSError, UnicodeError, ValidationError) as error:
        raise OperationFailed(f"it failed ({type(error).__name__}); the console's log says more") from error


def _sentence(text: str) -> str:
    return redact(text.removeprefix("groundswell: ").rstrip(".")).text
