"""The path from file to alert over a broker that takes nobody without TLS and a password."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from sqlalchemy import func, select

from store.database import reading
from store.schema import events
from stream.kafka.errors import KafkaUnreachable
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import create_topics
from tests.harness import needs
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.kafka import KafkaMissingError, LocalBroker, Lock, find_jars
from tests.harness.scaled import Scaled
from tests.harness.sources import open_events
from tests.pipelines.chain import NOW, make_rules
from tests.pipelines.story import Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.long]

USER, PASSWORD = "groundswell", "a-password-of-the-test"


@pytest.fixture(scope="module")
def secured(tmp_path_factory) -> Iterator[dict[str, object]]:
    """Run a broker with TLS and SCRAM; returns how a client reaches it."""
    given = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    certificate, trusted = given / "broker.pem", given / "ca.pem"
    certificate.write_bytes(_pkcs8(issued.private_key_pem.bytes()) + issued.cert_chain_pems[0].bytes())
    authority.cert_pem.write_to_path(trusted)
    folder = Path(tempfile.mkdtemp(prefix="groundswell-kafka-"))
    try:
        with LocalBroker(folder, find_jars(), Lock(certificate, USER, PASSWORD)) as broker:
            yield {
                "brokers": broker.address.replace("127.0.0.1", "localhost"),
                "security": {"protocol": "SASL_SSL", "ca_file": str(trusted), "username": USER, "password": PASSWORD},
            }
    except KafkaMissingError as absent:
        needs.missing("Kafka", str(absent))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pkcs8(key: bytes) -> bytes:
    """The same private key in the form that Kafka reads."""
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_events_cross_a_secured_broker(secured, postgres_url, tmp_path):
    """Topics, replay, worker and miner all prove who they are and check the broker's certificate."""
    path = tmp_path / "story.jsonl"
    lines = [one.line for one in Story(days=1, per_day=120).events()]
    path.write_bytes(b"".join(lines))
    scaled = Scaled(tmp_path, secured["brokers"], postgres_url, make_rules(), now=NOW, security=secured["security"])
    try:
        scaled.start()
        with open_events(path) as source:
            scaled.replay(source)
        scaled.wait(scaled.mined, PATIENCE_SECONDS, "the end of mining")
        assert scaled.stop() == [0]
        with reading(scaled.engine) as connection:
            assert connection.execute(select(func.count()).select_from(events)).scalar_one() > 0
        assert PASSWORD not in scaled.tails()
    finally:
        scaled.close()


# kafka-python 3.0 leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("wrong", [{"password": "guessed"}, {"ca_file": None}, {"protocol": "PLAINTEXT"}])
def test_a_wrong_key_opens_nothing(secured, wrong):
    """A wrong password, an unknown authority and a connection in the clear all end in one sentence that names the settings."""
    settings = StreamSettings.model_validate(
        {"brokers": secured["brokers"], "security": {**secured["security"], **wrong}}
    )
    with pytest.raises(KafkaUnreachable, match="GROUNDSWELL_STREAM__SECURITY__"):
        create_topics(settings)
    gc.collect()
