"""`groundswell people` and `groundswell tokens`: what an admin does on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from groundswell.cli import app
from groundswell.errors import UsageError
from store.database import open_database, upgrade


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Return the address of an empty database at head."""
    url = f"sqlite:///{tmp_path / 'people.db'}"
    opened = open_database(url)
    upgrade(opened)
    opened.dispose()
    return url


def run(database: str, *words: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [*words, "--database", database])


def test_a_person_is_invited_changed_and_disabled(database: str) -> None:
    """The listing has what was given; the link is printed once; values without a ticket are named."""
    made = run(database, "people", "invite", "vera", "--role", "specialist", "--scope", "vendor=acme")
    assert "/invitation/" in made.output
    assert "No ticket has vendor acme yet" in made.output
    run(database, "people", "role", "vera", "--role", "ops")
    run(database, "people", "disable", "vera")
    (row,) = json.loads(run(database, "people", "list", "--json").output)
    assert (row["name"], row["role"], row["scope"], row["signs_in"]) == ("vera", "ops", {}, "not yet")
    assert row["disabled_at"] is not None
    run(database, "people", "enable", "vera")
    assert "/invitation/" in run(database, "people", "link", "vera").output
    assert "vera" in run(database, "people", "list").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["people", "invite", ""], "valid is plain text"),
        (["people", "invite", "ann", "--role", "boss"], "valid are viewer, labeller, specialist, ops, admin"),
        (["people", "invite", "ann", "--scope", "city=Bonn"], "valid are pairs such as vendor=acme"),
        (["tokens", "create", "x", "--permission", "all"], "valid are look, rate, respond"),
        (["tokens", "create", "x", "--scope", "vendor"], "valid are pairs such as vendor=acme"),
    ],
)
def test_what_cannot_be_given_is_wrong_usage(database: str, words: list[str], sentence: str) -> None:
    """The sentence says what is valid, and nothing is stored."""
    refused = run(database, *words)
    assert isinstance(refused.exception, UsageError)
    assert sentence in str(refused.exception)
    assert json.loads(run(database, "people", "list", "--json").output) == []
    assert json.loads(run(database, "tokens", "list", "--json").output) == []


def test_a_token_is_printed_once_and_revoked(database: str) -> None:
    """The listing has everything but the token."""
    token = run(database, "tokens", "create", "dashboard", "--scope", "region=BR").output.strip()
    assert token.startswith("gws_")
    listed = run(database, "tokens", "list", "--json").output
    assert token not in listed
    (row,) = json.loads(listed)
    assert (row["label"], row["permissions"], row["scope"]) == ("dashboard", ["look"], {"region": ["BR"]})
    assert run(database, "tokens", "revoke", str(row["id"])).exit_code == 0
    assert "revoked" in run(database, "tokens", "list").output
    assert run(database, "tokens", "revoke", "99").exit_code == 1
