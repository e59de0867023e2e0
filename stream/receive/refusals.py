"""Deliveries that are not accepted: the status that the sender is answered, and one sentence why."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus


class DeliveryProblem(StrEnum):
    """Why a delivery was not accepted; metrics count by it."""

    UNSIGNED = "unsigned"
    UNCONFIGURED = "no_secret_configured"
    AMBIGUOUS = "header_repeated"
    STALE = "stale_time_stamp"
    FORGED = "signature_wrong"
    EMPTY = "empty_body"
    TOO_LARGE = "body_too_large"
    SLOW = "body_too_slow"
    ENCODED = "content_encoding"
    MEDIA_TYPE = "content_type"
    NOT_JSON = "not_json"
    PRESSURE = "too_many_waiting"
    UNWRITTEN = "not_written"


STATUS = {
    DeliveryProblem.UNSIGNED: HTTPStatus.UNAUTHORIZED,
    DeliveryProblem.UNCONFIGURED: HTTPStatus.FORBIDDEN,
    DeliveryProblem.AMBIGUOUS: HTTPStatus.UNAUTHORIZED,
    DeliveryProblem.STALE: HTTPStatus.UNAUTHORIZED,
    DeliveryProblem.FORGED: HTTPStatus.UNAUTHORIZED,
    DeliveryProblem.EMPTY: HTTPStatus.BAD_REQUEST,
    DeliveryProblem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    DeliveryProblem.SLOW: HTTPStatus.REQUEST_TIMEOUT,
    DeliveryProblem.ENCODED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    DeliveryProblem.MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    DeliveryProblem.NOT_JSON: HTTPStatus.BAD_REQUEST,
    DeliveryProblem.PRESSURE: HTTPStatus.TOO_MANY_REQUESTS,
    DeliveryProblem.UNWRITTEN: HTTPStatus.SERVICE_UNAVAILABLE,
}


class DeliveryRefused(Exception):
    """A delivery is not accepted; the text is one sentence, which quotes nothing of the delivery."""

    def __init__(self, problem: DeliveryProblem, sentence: str) -> None:
        self.problem = problem
        super().__init__(sentence)

    @property
    def status(self) -> HTTPStatus:
        """Status that the sender is answered."""
        return STATUS[self.problem]

    @property
    def may_be_repeated(self) -> bool:
        """Whether the same delivery can be accepted later."""
        return self.problem in (DeliveryProblem.PRESSURE, DeliveryProblem.UNWRITTEN)
