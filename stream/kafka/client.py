"""How every client connects: the same brokers and the same security, for kafka-python and for Faust."""

from __future__ import annotations

import ssl
from typing import Any

from stream.kafka.settings import SecuritySettings, StreamSettings

CLIENT = "groundswell"
MAX_REQUEST_BYTES = 2_097_152
"""Twice the largest event, so that one at the limit still fits its frame; the broker's own limit decides."""


def client_options(settings: StreamSettings) -> dict[str, Any]:
    """Return the options that producer, consumer and admin client of kafka-python share."""
    security = settings.security
    options: dict[str, Any] = {
        "bootstrap_servers": [broker.strip() for broker in settings.brokers.split(",")],
        "client_id": CLIENT,
        "security_protocol": security.protocol,
    }
    context = tls(security)
    if context is not None:
        options["ssl_context"] = context
    if security.protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": security.mechanism,
            "sasl_plain_username": security.username,
            "sasl_plain_password": _secret(security),
        }
    return options


def faust_credentials(security: SecuritySettings) -> Any:
    """Make the same for Faust; None for a listener without TLS and SASL."""
    from faust import SASLCredentials, SSLCredentials

    context = tls(security)
    if security.protocol.startswith("SASL"):
        return SASLCredentials(
            username=security.username, password=_secret(security), mechanism=security.mechanism, ssl_context=context
        )
    return SSLCredentials(context) if context is not None else None


def tls(security: SecuritySettings) -> ssl.SSLContext | None:
    """Make a TLS context that checks the broker's name and certificate; None for a listener without TLS."""
    if not security.protocol.endswith("SSL"):
        return None
    context = ssl.create_default_context(cafile=str(security.ca_file) if security.ca_file else None)
    if security.certificate_file is not None:
        password = security.key_password.get_secret_value() if security.key_password else None
        context.load_cert_chain(
            str(security.certificate_file), str(security.key_file) if security.key_file else None, password
        )
    return context


def _secret(security: SecuritySettings) -> str | None:
    return security.password.get_secret_value() if security.password else None
