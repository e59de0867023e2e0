"""Settings of the connection, and the ways in which they are refused."""

import pytest
from pydantic import ValidationError

from stream.kafka.client import client_options, faust_credentials
from stream.kafka.errors import RequesterKeyMissing
from stream.kafka.settings import SecuritySettings, StreamSettings

SASL = {"protocol": "SASL_SSL", "username": "ada", "password": "s3cret"}


def test_both_clients_get_the_same_security():
    """kafka-python and Faust log in as the same user, over TLS that checks the broker's name."""
    settings = StreamSettings(brokers="a:1, b:2", security=SASL)
    options = client_options(settings)
    credentials = faust_credentials(settings.security)
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.username, credentials.password) == (
        options["sasl_plain_username"],
        options["sasl_plain_password"],
    )
    assert options["ssl_context"].check_hostname


def test_no_security_is_asked_for_by_default():
    """The listener of a laptop needs no credentials."""
    assert faust_credentials(SecuritySettings()) is None
    assert "ssl_context" not in client_options(StreamSettings())


def test_sasl_without_a_user_is_refused():
    """A protocol that needs a user says so when the settings are read, not when the broker hangs up."""
    with pytest.raises(ValidationError, match="without user and password"):
        SecuritySettings(protocol="SASL_PLAINTEXT")


@pytest.mark.parametrize("key", [None, "", "  "])
def test_an_empty_requester_key_is_none(key):
    """A variable that is set to nothing is as good as not set."""
    with pytest.raises(RequesterKeyMissing, match="openssl rand"):
        StreamSettings(requester_key=key).key()


def test_secrets_do_not_show():
    """Printing the settings, as a log or an error might, shows neither key nor password."""
    shown = repr(StreamSettings(requester_key="k3y", security=SASL))
    assert "k3y" not in shown
    assert "s3cret" not in shown
