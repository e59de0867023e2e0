"""The scorecard of redaction plants secrets where it says, and counts what a program removes by its definitions."""

from __future__ import annotations

import html
import quopri
import unicodedata
from urllib.parse import unquote

import pytest
from stdnum import iban, luhn

from models.redaction.kinds import SensitiveKind
from models.redaction.redactor import Redactor
from models.redaction.scorecard.generator import SCORED, ScorecardGenerator
from models.redaction.scorecard.pieces import PlantedSecret, PlantedText
from models.redaction.scorecard.removers import redactor_remover
from models.redaction.scorecard.score import remaining, removed, score
from models.redaction.scorecard.values.wallets import base58check, segwit


@pytest.fixture(scope="module")
def texts() -> list[PlantedText]:
    """Return a few texts of each class."""
    return list(ScorecardGenerator().texts(5, 40))


def decoded(text: str, frame: str) -> str:
    """Read what a piece of an encoded text stands for."""
    if "quoted printable" in frame:
        text = quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode()
    if "percent" in frame:
        text = unquote(text)
    if "json escaped" in frame and text.startswith("\\u"):
        text = bytes.fromhex(text[2:].replace("\\u", "")).decode("utf-16-be")
    return html.unescape(text)


def value_of(text: PlantedText, secret: PlantedSecret) -> str:
    """Read a secret as a person would, from the positions of its characters."""
    signs = (decoded(text.text[start:end], text.frame) for start, end in secret.characters)
    return "".join(str(unicodedata.digit(sign)) if sign.isdecimal() else sign for sign in signs)


def test_the_same_seed_plants_the_same_secrets(texts: list[PlantedText]) -> None:
    """A seed names its texts: the same seed gives the same, another seed gives others."""
    generator = ScorecardGenerator()
    assert list(generator.texts(5, 3))[:6] == texts[:6]
    assert list(generator.texts(6, 3))[:6] != texts[:6]


def test_every_class_has_texts_with_and_without_its_secrets(texts: list[PlantedText]) -> None:
    """Half of the texts about a class hold a secret of it, and the other half none."""
    for kind in SCORED:
        about = [one for one in texts if one.about is kind]
        assert sum(any(secret.kind is kind for secret in one.secrets) for one in about) == 40
        assert sum(not one.secrets for one in about) == 40


def test_planted_secrets_are_valid_and_where_the_scorecard_says(texts: list[PlantedText]) -> None:
    """From the positions alone, in every encoding, a card passes its check digit and an IBAN its check digits."""
    checks = {
        SensitiveKind.CARD: luhn.is_valid,
        SensitiveKind.IBAN: lambda text: iban.is_valid(text, check_country=False),
    }
    seen = 0
    for text in texts:
        for secret in text.secrets:
            if secret.kind in checks:
                seen += 1
                assert checks[secret.kind](value_of(text, secret)), (text, secret)
    assert seen > 150


def test_spans_that_must_stay_are_no_part_of_a_secret(texts: list[PlantedText]) -> None:
    """Amounts and dates near a secret are marked apart from it."""
    assert any(one.keeps for one in texts)
    for text in texts:
        taken = {at for secret in text.secrets for start, end in secret.characters for at in range(start, end)}
        assert not taken & {at for start, end in text.keeps for at in range(start, end)}


def test_perfect_and_blind_programs_get_one_and_zero(texts: list[PlantedText]) -> None:
    """A program that removes exactly the secrets has recall and precision 1, one that removes nothing has recall 0."""
    known = {one.text: [(secret.start, secret.end, secret.kind.value) for secret in one.secrets] for one in texts}
    perfect, blind = score(texts, lambda text: known[text]), score(texts, lambda _: [])
    for kind in SCORED:
        best = perfect.of(kind)
        assert (best.recall, best.precision, best.kept) == (1.0, 1.0, best.keeps)
        assert best.named == best.secrets
        assert blind.of(kind).recall == 0.0
    assert perfect.mistakes == []


def test_a_program_that_removes_everything_loses_what_must_stay(texts: list[PlantedText]) -> None:
    """Removing whole texts gives recall 1, and the texts without a secret count against precision."""
    card = score([one for one in texts if one.about is SensitiveKind.CARD], lambda text: [(0, len(text), "CARD")])
    assert card.of(SensitiveKind.CARD).recall == 1.0
    assert card.of(SensitiveKind.CARD).precision == 0.5
    assert card.of(SensitiveKind.CARD).kept == 0


def test_four_digits_of_a_card_may_remain_and_none_of_a_pin() -> None:
    """What receipts print may stay; of short secrets nothing may."""
    card = PlantedSecret(SensitiveKind.CARD, "", tuple((at, at + 1) for at in range(16)))
    assert removed(card, [(0, 12, "CARD")])
    assert not removed(card, [(0, 11, "CARD")])
    pin = PlantedSecret(SensitiveKind.PIN, "", tuple((at, at + 1) for at in range(4)))
    assert not removed(pin, [(0, 3, "PIN")])
    assert removed(pin, [(0, 4, "CARD")])


def test_a_reference_that_is_cut_still_shows_its_digit() -> None:
    """A character counts as removed only with its whole encoding."""
    assert remaining([(0, 5), (5, 10)], [(4, 10, "CARD")]) == 1


def test_what_later_passes_find_is_mapped_to_the_text_as_it_was() -> None:
    """The spans of a redactor cover in the original text what its output no longer has."""
    text = "card 4111 1111 1111 1111 exp 12/29 cvv 123, ana@example.com"
    spans = redactor_remover(Redactor())(text)
    assert spans == sorted(spans)
    rest = "".join(sign for at, sign in enumerate(text) if not any(start <= at < end for start, end, _ in spans))
    assert not any(sign.isdigit() for sign in rest)


def test_wallets_have_the_checksums_of_their_standards(texts: list[PlantedText]) -> None:
    """Addresses are those that python-stdnum accepts."""
    from random import Random

    from stdnum import bitcoin

    rng = Random(3)
    for _ in range(5):
        for address in (base58check(rng, 0), base58check(rng, 5), segwit(rng, "bc", 0, 20)):
            assert bitcoin.is_valid(address)
