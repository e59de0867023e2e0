"""Names of persons and postal addresses, by Presidio with a spaCy pipeline: the optional extra `names`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.redaction.kinds import SensitiveKind
from models.redaction.marks import OTHER_MARK
from models.redaction.recognizers.recognizer import Recognizer
from models.redaction.span import Span, cover, without_overlaps

_HIDDEN = re.compile(r"[\ue000-\uf8ff]|\[[A-Z_]{2,11}\]")
"""What other recognizers found, and its placeholders: no part of a name."""

_LABELS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "ADDRESS": "ADDRESS",
    "STREET": "ADDRESS",
    "FAC": "PLACE",
    "GPE": "PLACE",
    "LOC": "PLACE",
}
"""Labels of spaCy's pipelines, and what they are here."""

_STREET_NUMBER_FIRST = (
    r"\b[0-9]{1,5}[A-Za-z]?,? (?:[A-Z][\w'.-]* ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|"
    r"Square|Sq|Place|Pl|Terrace|Close|Crescent|Highway|Hwy)\b\.?(?:,? (?:Apt|Apartment|Unit|Suite|Flat|#)\.? ?\w{1,5})?"
)
_STREET_NAME_FIRST = (
    r"\b(?:Calle|Avenida|Av\.|Avda\.|Carrera|Paseo|Plaza|Rua|R\.|Travessa|Alameda|Rue|Boulevard|Chemin|Via|Viale|Piazza|Jalan|Jl\.|"
    r"ul\.|улица|ул\.) (?:[\w'.-]+ ){0,4}[\w'.-]+,? (?:n[º°o.]* ?|No\. ?|д\. ?)?[0-9]{1,5}[A-Za-z]?\b"
)
_STREET_ENDINGS = "straße|strasse|str\\.|gasse|weg|allee|platz|ring|damm|straat|laan|gatan|vägen|vej"
_STREET_IN_ONE_WORD = rf"\b[A-Z][\w-]{{0,40}}(?:{_STREET_ENDINGS}) ?[0-9]{{1,4}} ?[a-z]?\b"
_CODE = r"\b(?:[A-Z]{1,2}[0-9]{1,2}[A-Z]? ?[0-9][A-Z]{2}|[0-9]{4,6}(?:-[0-9]{3,4})?)\b"
_POSTCODE = re.compile(_CODE)
_REST_OF_ADDRESS = re.compile(rf"(?:[\s,;-]|\b[A-Z]{{2}}\b|{_CODE})*")
"""Between the parts of an address: postcodes and codes of states."""


class NamesUnavailable(ValueError):
    """Names and addresses cannot be looked for; the sentence says why and what to do."""


class NameFinder:
    """Finds names and postal addresses in views of texts; every text is analyzed once.

    A place is part of an address only next to a street or a postcode: "refund in Brazil" names no home.
    """

    def __init__(self, model: str) -> None:
        """Load a pipeline: the name of an installed package, or a folder. Nothing is downloaded. Raises `NamesUnavailable`."""
        self._analyzer, self._language = _analyzer(model)
        self._pending: tuple[str, list[Span]] | None = None

    def name_spans(self, view: str) -> list[Span]:
        """Find names of persons in the view of a text."""
        names, addresses = self._found(view)
        self._pending = cover(view, names, OTHER_MARK), addresses
        return names

    def address_spans(self, view: str) -> list[Span]:
        """Find postal addresses in the view of a text whose names are covered."""
        pending = self._pending
        if pending is not None and pending[0] == view:
            return pending[1]
        return self._found(view)[1]

    def _found(self, view: str) -> tuple[list[Span], list[Span]]:
        # Of the same length, so that positions are those in the view.
        text = _HIDDEN.sub(lambda hidden: " " * len(hidden[0]), view)
        hidden = [match.span() for match in _HIDDEN.finditer(view)]
        found: dict[str, list[Span]] = {"PERSON": [], "ADDRESS": [], "PLACE": []}
        for one in self._analyzer.analyze(text, self._language, entities=list(found)):
            span = _trimmed(text, one.start, one.end)
            if span[0] < span[1] and not _overlaps(span, hidden):
                found[one.entity_type].append(span)
        addresses = _addresses(text, found["ADDRESS"], found["PLACE"])
        names = [span for span in without_overlaps(found["PERSON"]) if not _overlaps(span, addresses)]
        return names, [span for span in addresses if not _overlaps(span, hidden)]


def name_recognizers(model: str) -> tuple[Recognizer, Recognizer]:
    """Return the recognizers of names and of addresses with a spaCy pipeline: a package or a folder. Raises `NamesUnavailable`."""
    finder = NameFinder(model)
    return (
        Recognizer(SensitiveKind.NAME, OTHER_MARK, finder.name_spans, needs_digit=False),
        Recognizer(SensitiveKind.ADDRESS, OTHER_MARK, finder.address_spans, needs_digit=False),
    )


def _addresses(text: str, streets: Iterable[Span], places: list[Span]) -> list[Span]:
    """Join streets with the places and postcodes next to them."""
    joined: list[Span] = []
    for start, end in sorted({*streets, *(place for place in places if _has_postcode(text, place))}):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
            continue
        joined.append((start, _end_of_address(text, end, places)))
    return joined


def _end_of_address(text: str, end: int, places: list[Span]) -> int:
    while True:
        gap = _REST_OF_ADDRESS.match(text, end)
        after = gap.end() if gap else end
        following = next((place for place in places if end <= place[0] <= after < place[1]), None)
        if following is None:
            return end + len(text[end:after].rstrip(" \t\n,;-"))
        end = following[1]


def _has_postcode(text: str, place: Span) -> bool:
    around = text[max(0, place[0] - 12) : place[0]] + " " + text[place[1] : place[1] + 14]
    return _POSTCODE.search(around) is not None


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _analyzer(model: str) -> tuple[Any, str]:
    """Return Presidio's analyzer around a loaded pipeline, and its language; Presidio itself would download what is missing."""
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer
    except ImportError as error:
        raise NamesUnavailable(
            "redaction.names_model is set, but Presidio is not installed; install it with pip install 'groundswell[names]', or remove "
            "the setting"
        ) from error
    try:
        pipeline = spacy.load(Path(model) if Path(model).is_dir() else model)
    except (OSError, ValueError, ImportError) as error:
        raise NamesUnavailable(
            "redaction.names_model names no spaCy pipeline that is installed here; install one, for example with "
            "python -m spacy download en_core_web_sm, or name the folder of one"
        ) from error
    language = pipeline.lang or "xx"
    engine: Any = SpacyNlpEngine(
        ner_model_configuration=NerModelConfiguration(model_to_presidio_entity_mapping=_LABELS, labels_to_ignore=[])
    )
    engine.nlp = {language: pipeline}
    kinds = sorted({*_LABELS.values()})
    streets = [Pattern(name, form, 0.8) for name, form in _street_forms()]
    recognizers = [
        SpacyRecognizer(supported_language=language, supported_entities=kinds),
        PatternRecognizer("ADDRESS", patterns=streets, supported_language=language, global_regex_flags=re.MULTILINE),
    ]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=[language])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language]), language


def _street_forms() -> tuple[tuple[str, str], ...]:
    return (
        ("number, street", _STREET_NUMBER_FIRST),
        ("street, number", _STREET_NAME_FIRST),
        ("street in one word, number", _STREET_IN_ONE_WORD),
    )
