"""The texts of the scorecard: for each class, as many texts with secrets as without, all drawn by one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.frames import sentences, written
from models.redaction.scorecard.lookalikes import LookalikeDrawer
from models.redaction.scorecard.phrases import AnnouncingPhrases
from models.redaction.scorecard.pieces import PlantedText, SecretValue, assemble
from models.redaction.scorecard.values import cards, credentials, devices
from models.redaction.scorecard.values.accounts import IbanDrawer, account, upi
from models.redaction.scorecard.values.contacts import PhoneDrawer, email
from models.redaction.scorecard.values.nationals import NationalIdDrawer
from models.redaction.scorecard.values.wallets import wallet

SCORED = tuple(kind for kind in SensitiveKind if kind not in {SensitiveKind.NAME, SensitiveKind.ADDRESS})
"""Classes that are measured: those that patterns and check digits recognize. Names and addresses need a language model."""

ValuesDraw = Callable[[Random], list[SecretValue]]


class ScorecardGenerator:
    """Draws texts with secrets, and texts that resemble them, from a seed; written without regard to what the recognizers know."""

    def __init__(self) -> None:
        """Load phrases, numbering plans and the rules of check digits."""
        self._phrases = AnnouncingPhrases()
        self._lookalikes = LookalikeDrawer(self._phrases)
        ibans, nationals, self._phones = IbanDrawer(), NationalIdDrawer(), PhoneDrawer()
        self._draws: Mapping[SensitiveKind, ValuesDraw] = {
            SensitiveKind.CARD: lambda rng: [_card(rng)],
            SensitiveKind.TRACK: lambda rng: [cards.track(rng)],
            SensitiveKind.CVV: lambda rng: _after_card(rng, cards.security_code(rng)),
            SensitiveKind.EXPIRY: lambda rng: _after_card(rng, cards.expiry_date(rng)),
            SensitiveKind.PIN: lambda rng: [cards.pin(rng)] if rng.random() < 0.5 else _after_card(rng, cards.pin(rng)),
            SensitiveKind.CODE: lambda rng: [one_time_code(rng)],
            SensitiveKind.IBAN: lambda rng: [ibans.draw(rng)],
            SensitiveKind.ACCOUNT: lambda rng: [account(rng)],
            SensitiveKind.NATIONAL_ID: lambda rng: [nationals.draw(rng)],
            SensitiveKind.UPI: lambda rng: [upi(rng)],
            SensitiveKind.EMAIL: lambda rng: [email(rng)],
            SensitiveKind.PHONE: self._announced_phone,
            SensitiveKind.IP: lambda rng: [devices.ip(rng)],
            SensitiveKind.DEVICE: lambda rng: [devices.device(rng)],
            SensitiveKind.PASSWORD: lambda rng: [
                credentials.in_address(rng) if rng.random() < 0.15 else credentials.password(rng)
            ],
            SensitiveKind.TOKEN: lambda rng: [credentials.token(rng)],
            SensitiveKind.CRYPTO: lambda rng: [wallet(rng)],
        }

    def texts(self, seed: int, samples: int) -> Iterator[PlantedText]:
        """Yield, for each class, `samples` texts with a secret of it and as many that resemble one; the same for the same seed."""
        for kind in SCORED:
            rng = Random(f"{seed} {kind.value}")  # noqa: S311 (seeded so that it repeats; nothing secret is drawn)
            for _ in range(samples):
                yield self._with_secret(rng, kind)
                yield self._lookalikes.draw(rng, kind)

    def _with_secret(self, rng: Random, kind: SensitiveKind) -> PlantedText:
        values = self._draws[kind](rng)
        if values[0].kind is SensitiveKind.PASSWORD and values[0].phrase:
            return assemble(kind, "address", sentences(rng, self._phrases, values))
        frame, pieces = written(rng, self._phrases, values)
        return assemble(kind, frame, pieces)

    def _announced_phone(self, rng: Random) -> list[SecretValue]:
        value, language = self._phones.draw(rng)
        return [replace(value, phrase=self._phrases.phrase(rng, SensitiveKind.PHONE.value, language))]


def _card(rng: Random) -> SecretValue:
    draw = rng.random()
    return cards.glued(rng) if draw < 0.1 else cards.emv(rng) if draw < 0.14 else cards.card(rng)


def _after_card(rng: Random, value: SecretValue) -> list[SecretValue]:
    return [cards.card(rng, rare=False), value]


def one_time_code(rng: Random) -> SecretValue:
    """ValuesDraw a one-time code of four to eight digits, sometimes in two groups or with letters."""
    size = rng.choice((4, 5, 6, 6, 6, 6, 7, 8))
    text = "".join(str(rng.randrange(10)) for _ in range(size))
    draw = rng.random()
    if draw < 0.1 and size % 2 == 0 and size > 4:
        text = text[: size // 2] + rng.choice((" ", "-")) + text[size // 2 :]
    elif draw < 0.15:
        text = f"G-{text}"
    pieces = tuple((sign, sign.isdigit()) for sign in text)
    if text.isdigit() and draw > 0.92:
        return SecretValue(
            SensitiveKind.CODE, pieces, "after an underscore", rng.choice(("verification_code_{}", "otp_{}"))
        )
    return SecretValue(SensitiveKind.CODE, pieces, f"{size} digits" if text.isdigit() else "grouped or with a letter")
