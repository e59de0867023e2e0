"""A real Kafka broker for the tests, as a child of the process that asks for it.

Where it comes from, the first of these that is there:

1. `GROUNDSWELL_TEST_KAFKA` names a running one (`host:port`); it is used and left alone.
2. Java and the jars of Apache Kafka, brought by Maven from `pom.xml` in this folder into the user's cache.
3. Docker with an engine, image `apache/kafka`.

It is one node in KRaft mode on ports that were free. On Linux it is signalled at its parent's death by the kernel,
so that a killed test run leaves no broker behind.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import platformdirs

from tests.harness.children import PATIENCE_SECONDS
from tests.harness.ports import free_ports

VERSION = "4.1.1"
READY = "Kafka Server started"
START_WITHIN_SECONDS = PATIENCE_SECONDS
POM = Path(__file__).with_name("pom.xml")


class KafkaMissingError(Exception):
    """No broker can be had on this machine; the message says what is missing."""


class KafkaStartError(Exception):
    """The broker ended before it was ready; the message carries its last lines."""


class Broker(Protocol):
    """A broker that tests speak to at `address` (`host:port`)."""

    address: str

    def start(self) -> None:
        """Start it and return when it takes connections."""

    def stop(self) -> None:
        """Stop it; what was written stays."""


class Lock(NamedTuple):
    """What a secured broker shows and asks for: TLS with the key and certificates of a PEM file, and SCRAM-SHA-512."""

    certificate: Path
    user: str
    password: str


class NamedBroker:
    """A broker that somebody else runs: it can be used, and neither stopped nor started."""

    def __init__(self, address: str) -> None:
        self.address = address

    def start(self) -> None:
        """Do nothing: it runs."""

    def stop(self) -> None:
        """Refuse: it is not ours."""
        message = f"the broker {self.address} was named by GROUNDSWELL_TEST_KAFKA; it is not stopped by a test"
        raise RuntimeError(message)


class LocalBroker:
    """Apache Kafka in a folder of its own, on two ports of this machine.

    Parameters
    ----------
    folder : Path
        An empty folder that this broker may own.
    jars : Path
        Folder of Kafka and all that it needs.
    lock : Lock, optional
        Makes it speak SASL_SSL, and nothing else, to clients.

    """

    def __init__(self, folder: Path, jars: Path, lock: Lock | None = None) -> None:
        self._folder = folder
        self._lock = lock
        self._classpath = f"{jars}/*"
        port, controller = free_ports(2)
        self.address = f"127.0.0.1:{port}"
        self._settings = folder / "server.properties"
        self._settings.write_text(_properties(folder / "log", port, controller, lock))
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Format the folder and start."""
        identity = uuid.uuid4().hex[:22]
        users = (
            ["--add-scram", f"SCRAM-SHA-512=[name={self._lock.user},password={self._lock.password}]"]
            if self._lock
            else []
        )
        self._run("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(self._settings), *users)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop at once; the caller removes the folder."""
        self.kill()

    @property
    def running(self) -> bool:
        """Whether the broker process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the broker and return when it takes connections.

        Raises
        ------
        KafkaStartError
            It ended before.

        """
        process = subprocess.Popen(
            [*_die_with_parent(), *self._java("-Xmx512m"), "kafka.Kafka", str(self._settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        lines: deque[str] = deque(maxlen=60)
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
            message = f"Kafka ended with {process.wait()} before it was ready:\n{''.join(lines)}"
            if process.stderr is not None:
                process.stderr.close()
            raise KafkaStartError(message)
        self._process = process
        # A full pipe would stop the broker, so someone reads on.
        self._reader = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stop it in order; what was written stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._close()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
        self._close()

    def _close(self) -> None:
        if self._process is None:
            return
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process = None

    def _java(self, *options: str) -> list[str]:
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=info"
        return ["java", *options, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", quiet, "-cp", self._classpath]

    def _run(self, *arguments: str) -> None:
        subprocess.run([*self._java(), *arguments], check=True, capture_output=True)


class DockerBroker:
    """Apache Kafka in a container."""

    def __init__(self, name: str) -> None:
        port = free_ports(1)[0]
        self.address = f"127.0.0.1:{port}"
        self._name = name
        variables = _docker_variables(port)
        options = [part for key, value in variables.items() for part in ("--env", f"{key}={value}")]
        self._create = [
            "docker", "create", "--name", name, "--publish", f"127.0.0.1:{port}:9092", *options, f"apache/kafka:{VERSION}",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        """Make the container and start it."""
        subprocess.run(self._create, check=True, capture_output=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the container."""
        subprocess.run(["docker", "rm", "--force", self._name], check=False, capture_output=True)

    def start(self) -> None:
        """Start it and follow its log until it is ready."""
        subprocess.run(["docker", "start", self._name], check=True, capture_output=True)
        follow = subprocess.Popen(
            ["docker", "logs", "--follow", "--since", "0s", self._name],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        with follow:
            ready = any(READY in line for line in follow.stdout or ())
            follow.kill()
        if not ready:
            message = f"the container {self._name} ended before Kafka was ready"
            raise KafkaStartError(message)

    def stop(self) -> None:
        """Stop it in order; what was written stays."""
        subprocess.run(["docker", "stop", self._name], check=True, capture_output=True)


@contextlib.contextmanager
def running_broker(environment: Mapping[str, str] = os.environ) -> Iterator[Broker]:
    """Run a broker for the length of the `with` block.

    Raises
    ------
    KafkaMissingError
        None can be had on this machine.

    """
    if named := environment.get("GROUNDSWELL_TEST_KAFKA"):
        yield NamedBroker(named)
        return
    if shutil.which("java") is None and _docker_runs():
        with DockerBroker(f"groundswell-test-{uuid.uuid4().hex[:8]}") as broker:
            yield broker
        return
    jars = find_jars()
    folder = Path(tempfile.mkdtemp(prefix="groundswell-kafka-"))
    try:
        with LocalBroker(folder, jars) as broker:
            yield broker
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_jars() -> Path:
    """Return the folder of Kafka's jars in the user's cache, bringing them by Maven the first time.

    Raises
    ------
    KafkaMissingError
        Java or Maven is not installed, or Maven could not bring the jars.

    """
    if shutil.which("java") is None:
        message = "there is neither Java nor a Docker engine; install default-jre-headless and maven"
        raise KafkaMissingError(message)
    folder = platformdirs.user_cache_path("groundswell") / f"kafka-{VERSION}"
    if folder.is_dir():
        return folder
    if shutil.which("mvn") is None:
        message = "Maven, which brings Kafka's jars, is not installed; install maven"
        raise KafkaMissingError(message)
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        message = f"Maven could not bring Kafka's jars: {done.stdout.strip().splitlines()[-1:] or done.stderr[-200:]}"
        raise KafkaMissingError(message)
    # Two processes that start at once agree: the first one's folder stays.
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _docker_runs() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0


def _die_with_parent() -> list[str]:
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


SMALL = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
}
"""One broker holds one copy of everything, and a topic made by accident would hide a mistake."""


def _properties(log: Path, port: int, controller: int, lock: Lock | None) -> str:
    lines = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(log),
        **SMALL,
        **(_locked(port, controller, lock) if lock else {}),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _locked(port: int, controller: int, lock: Lock) -> dict[str, str]:
    """Clients come by SASL_SSL alone; the broker speaks to itself in the clear."""
    inner = free_ports(1)[0]
    return {
        "listeners": f"OUTER://127.0.0.1:{port},INNER://127.0.0.1:{inner},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"OUTER://localhost:{port},INNER://127.0.0.1:{inner}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,INNER:PLAINTEXT,OUTER:SASL_SSL",
        "inter.broker.listener.name": "INNER",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.outer.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(lock.certificate),
    }


def _docker_variables(port: int) -> dict[str, str]:
    named = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        **SMALL,
    }
    return {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in named.items()}
