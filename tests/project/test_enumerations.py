"""Every state, status, kind and gate is produced by the application, and a test reaches it."""

import re
from enum import StrEnum

import pytest

from models.alert import AlertKind, Gate
from models.demand import DemandKind, DemandRule
from models.spike import SpikeKind
from models.theme import ThemeState, ThemeStatus

PACKAGES = ("groundswell", "console", "pipelines", "stream", "alerts", "store", "models")
DEFINED_IN = {"models/alert.py", "models/demand/kind.py", "models/spike.py", "models/theme.py"}
ENUMERATIONS = (AlertKind, DemandKind, DemandRule, Gate, SpikeKind, ThemeState, ThemeStatus)
MEMBERS = [member for enumeration in ENUMERATIONS for member in enumeration]


@pytest.fixture(scope="module")
def sources(root) -> dict[str, str]:
    """Return the text of every module of the application and of every test, by path."""
    paths = [path for package in (*PACKAGES, "tests") for path in (root / package).rglob("*.py")]
    return {str(path.relative_to(root)): path.read_text() for path in paths}


def mentions(sources: dict[str, str], member: StrEnum, *, in_tests: bool) -> list[str]:
    """Return the files that name a member; tests may also name its value."""
    pattern = rf"\b{type(member).__name__}\.{member.name}\b"
    if in_tests:
        pattern += rf"|[\"']{re.escape(member.value)}[\"']"
    return [
        path
        for path, text in sources.items()
        if path.startswith("tests/") == in_tests
        and path not in DEFINED_IN
        and "migrations" not in path
        and re.search(pattern, text)
    ]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_every_member_is_produced_and_tested(sources, member):
    """A member that no code sets, or that no test names, is a promise that nothing keeps."""
    assert mentions(sources, member, in_tests=False), "no code of the application uses it"
    here = [path for path in mentions(sources, member, in_tests=True) if not path.endswith("test_enumerations.py")]
    assert here, "no test reaches it"
