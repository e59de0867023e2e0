"""What a test does when something it needs is not on this machine."""

import os
from typing import NoReturn

import pytest


def under_ci() -> bool:
    """Say whether absence is a failure: `CI` or `GROUNDSWELL_CI` is set to something but 0 or false."""
    values = (os.environ.get(name, "") for name in ("CI", "GROUNDSWELL_CI"))
    return any(value.lower() not in {"", "0", "false"} for value in values)


def missing(what: str, remedy: str) -> NoReturn:
    """End the test that needs `what`: a failure under CI, elsewhere a skip that names it and its remedy."""
    sentence = f"{what} is missing: {remedy}."
    if under_ci():
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
