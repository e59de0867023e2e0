"""App versions: their order, and texts that are none."""

import pytest

from models.version import at_least, parse_version


@pytest.mark.parametrize(("version", "least"), [("38.2.0", "38.2"), ("38.10.0", "38.9.9"), ("39", "38.99.1")])
def test_versions_are_ordered_by_number(version, least):
    """Each part is compared as a number, and missing parts are zero."""
    assert at_least(version, least)
    assert not at_least(least, version) or parse_version(version) == parse_version(least)


@pytest.mark.parametrize("text", ["", "unknown", None, "v38.x"])
def test_what_is_no_version_is_never_late_enough(text):
    """A ticket whose version is missing or cannot be read does not count as one of the fixed version."""
    assert not at_least(text, "1.0")


def test_a_beta_precedes_its_release():
    """A pre-release of the fixed version does not hold the fix."""
    assert not at_least("38.2.0b1", "38.2.0")
