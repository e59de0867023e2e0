"""Names and postal addresses are replaced with a spaCy pipeline and Presidio, and nothing is downloaded for it."""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from pathlib import Path

import pytest

from models.redaction import Place, Redactor, redact, redact_fields
from models.redaction.names import NamesUnavailable
from models.redaction.scorecard.removers import presidio_remover
from models.redaction.settings import RedactionSettings


@pytest.fixture(scope="module", autouse=True)
def _without_frameworks() -> None:
    """Import Presidio and spaCy without PyTorch and transformers: five seconds of imports that nothing here uses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("torch", "transformers"):
            patch.setitem(sys.modules, name, None)
        import_module("presidio_analyzer.nlp_engine")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small pipeline that knows a few names and places, saved as a model is."""
    import spacy

    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Ana Lopez"},
            {"label": "PERSON", "pattern": "Wei"},
            {"label": "PERSON", "pattern": "CARD"},
            {"label": "GPE", "pattern": "Brazil"},
            {"label": "GPE", "pattern": "Berlin"},
            {"label": "GPE", "pattern": "London"},
            {"label": "ORG", "pattern": "Acme"},
        ]
    )
    folder = tmp_path_factory.mktemp("pipeline") / "names"
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def named(pipeline: Path) -> Redactor:
    """A redactor that looks for names and addresses; opening a connection would fail."""
    given = socket.socket.connect
    socket.socket.connect = _refuse
    try:
        return Redactor(RedactionSettings(names_model=str(pipeline)))
    finally:
        socket.socket.connect = given


def _refuse(*_: object) -> None:
    raise AssertionError("a connection was opened")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am Ana Lopez and was charged twice", "I am [NAME] and was charged twice"),
        ("my name is Ana Lopez, ana@example.com, card 4111 1111 1111 1111", "my name is [NAME], [EMAIL], card [CARD]"),
        ("a refund in Brazil by Acme", "a refund in Brazil by Acme"),
        ("Wei, 221B Baker Street, London NW1 6XE", "[NAME], [ADDRESS]"),
        ("Musterstra\u00dfe 12, 10115 Berlin", "[ADDRESS]"),
        ("Calle Mayor 5, 28013 and Rua das Flores, 123", "[ADDRESS] and [ADDRESS]"),
        ("pay at 12 Main St. now", "pay at [ADDRESS] now"),
    ],
)
def test_names_and_addresses_are_replaced_after_everything_else(named: Redactor, text: str, expected: str) -> None:
    """Persons, streets and the places of an address go; countries, firms and other placeholders stay."""
    redacted = named.redact(text)
    assert redacted.text == expected
    assert named.redact(redacted.text).text == redacted.text


def test_placeholders_are_no_names(named: Redactor) -> None:
    """A pipeline that takes the word of a placeholder for a name changes no placeholder."""
    assert named.redact("my card 4111111111111111").text == "my card [CARD]"


def test_positions_of_names_are_those_in_the_original(named: Redactor) -> None:
    """Entities, tags and invisible characters around a name stay as they are."""
    assert named.redact("<p>Ana&nbsp;Lopez</p>").counts == {"NAME": 1}
    assert named.redact("I am Ana\u200b Lopez.").text == "I am [NAME]."


def test_names_are_looked_for_where_people_write(named: Redactor) -> None:
    """Title and body are searched; the values of a field such as region are not."""
    given = {"title": "Ana Lopez", "body": "from Wei", "team": "Wei", "custom": {"agent": "Wei"}}
    assert redact_fields(given, named, "/shop") == {**given, "title": "[NAME]", "body": "from [NAME]"}
    assert named.looks_for_names(Place("body"))
    assert not named.looks_for_names(Place("region"))


def test_names_stay_by_default() -> None:
    """Without the setting no name is replaced, and nothing of the extra is loaded."""
    assert redact("I am Ana Lopez").text == "I am Ana Lopez"


def test_a_kind_can_be_switched_off_with_names_on(pipeline: Path) -> None:
    """With addresses off, names alone are replaced."""
    names = Redactor(RedactionSettings(names_model=str(pipeline), off={"ADDRESS"}))
    assert names.redact("Wei, 221B Baker Street").text == "[NAME], 221B Baker Street"


def test_a_missing_pipeline_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no installed pipeline is refused with what to install, without a download."""
    monkeypatch.setattr(socket.socket, "connect", _refuse)
    with pytest.raises(NamesUnavailable, match="no spaCy pipeline that is installed here; install one, for example"):
        Redactor(RedactionSettings(names_model="en_core_web_sm_that_is_nowhere"))


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Presidio, the message says how to install it."""
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(
        NamesUnavailable, match=r"Presidio is not installed; install it with pip install 'groundswell\[names\]'"
    ):
        Redactor(RedactionSettings(names_model="en_core_web_sm"))


def test_presidio_finds_a_card_without_a_model_and_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison needs neither a language model nor a connection."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the comparison opened a connection")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    remover = presidio_remover()
    assert remover is not None
    assert remover("card 4111 1111 1111 1111 of ana@example.com") == [(5, 24, "CARD"), (28, 43, "EMAIL")]
