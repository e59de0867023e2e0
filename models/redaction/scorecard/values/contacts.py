"""E-mail addresses and their disguises, and telephone numbers in the writings of their countries (libphonenumber)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, alnum
from models.redaction.scorecard.writing import DIGITS, in_script

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LOCALS = (
    "ana",
    "ana.lopez",
    "j.smith",
    "wei_chen",
    "o'neil",
    "priya-k",
    "maria+shop",
    "x",
    "first.last",
    "support.team",
    "josé",
    "иван",
    "1985max",
    "no-reply",
    "a.b.c",
    "müller",
    "user%shop",
    "li",
    "contact",
)
_DOMAINS = (
    "example.com",
    "example.org",
    "mail.example.net",
    "example.co.uk",
    "example.com.br",
    "shop-example.de",
    "example.io",
    "bücher.example",
    "xn--bcher-kva.example",
    "sub.mail.example.org",
    "example.museum",
    "пример.example",
    "1example.com",
)

_DISGUISES = (
    ("(at)", "."),
    ("[at]", "."),
    (" (at) ", " (dot) "),
    (" [at] ", " [dot] "),
    ("[at]", "[dot]"),
    ("(at)", "(dot)"),
    (" at ", " dot "),
    (" AT ", " DOT "),
    ("{at}", "{dot}"),
    (" @ ", " . "),
    ("@ ", "."),
    (" @", "."),
    ("\uff20", "."),
    ("\uff20", "\uff0e"),
    ("\ufe6b", "."),
    (" (a) ", "."),
    ("<at>", "<dot>"),
    ("_at_", "_dot_"),
    (" arroba ", " punto "),
    ("(arroba)", "."),
    (" arroba ", " ponto "),
    (" arobase ", " point "),
    (" собака ", " точка "),
    ("(собака)", "."),
    (" (ät) ", "."),
    ("@", "[.]"),
    ("@", "(.)"),
    ("[@]", "."),
    ("(@)", "."),
    (" at ", "."),
    ("@", " dot "),
    ("「at」", "."),
    ("【at】", "."),
    ("«at»", "."),
    ("`at`", "`dot`"),
    ("|at|", "|dot|"),
    (":at:", ":dot:"),
    ("~at~", "~dot~"),
    ("**at**", "**dot**"),
    ("/at/", "/dot/"),
    ("[@t]", "[d0t]"),
    ("(a t)", "(d o t)"),
    ("@@", "."),
    (" kukac ", " pont "),
    (" małpa ", " kropka "),
    (" chiocciola ", " punto "),
    (" at the rate ", " dot "),
    ("골뱅이", "닷"),
    ("アット", "ドット"),
    ("艾特", "点"),
    (" एट ", " डॉट "),
)
"""How people write the sign and the dots of an address so that programs do not find it."""


def email(rng: Random) -> SecretValue:
    """Draw an e-mail address, a third of them in a disguise."""
    local, domain = rng.choice(_LOCALS), rng.choice(_DOMAINS)
    if rng.random() < 0.5 and local.isascii() and "'" not in local:
        local += str(rng.randrange(1000))
    if rng.random() < 0.1:
        local, domain = local.upper(), domain.upper()
    if rng.random() < 0.35:
        return disguised(rng, local, domain)
    return SecretValue(SensitiveKind.EMAIL, (*alnum(local), ("@", True), *alnum(domain)), "address")


def disguised(rng: Random, local: str, domain: str) -> SecretValue:
    """Write an address so that programs do not recognize it and people do."""
    sign, dot = rng.choice(_DISGUISES)
    local = local.replace("'", "")
    if (
        sign.strip(" ()[]{}<>_").isascii() and len(sign.strip()) > 1
    ):  # words are written by those who write all of it in Latin letters
        local = local if local.isascii() else "ana"
        domain = domain.replace("museum", "info") if domain.isascii() else "example.com"
    if sign.strip() != sign and local.isalpha():
        local += str(rng.randrange(100))  # "contact @shop" is no address
    host: list[tuple[str, bool]] = []
    for number, label in enumerate(domain.split(".")):
        host += [*([(dot, False)] if number else []), *alnum(label)]
    return SecretValue(SensitiveKind.EMAIL, (*alnum(local), (sign, False), *host), f"{sign.strip()} {dot.strip()}")


REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "PT",
    "BR",
    "MX",
    "AR",
    "CO",
    "IN",
    "ID",
    "BD",
    "PK",
    "JP",
    "KR",
    "CN",
    "RU",
    "UA",
    "TR",
    "EG",
    "SA",
    "AE",
    "NG",
    "KE",
    "ZA",
    "AU",
    "CA",
    "PL",
    "NL",
    "SE",
    "CH",
    "AT",
    "VN",
    "TH",
    "PH",
    "MY",
    "SG",
)
LANGUAGES = {
    "US": "en",
    "GB": "en",
    "DE": "de",
    "FR": "fr",
    "ES": "es",
    "PT": "pt",
    "BR": "pt",
    "MX": "es",
    "AR": "es",
    "CO": "es",
    "IN": "hi",
    "ID": "id",
    "BD": "bn",
    "JP": "ja",
    "CN": "zh",
    "RU": "ru",
    "EG": "ar",
    "SA": "ar",
    "AE": "ar",
    "AU": "en",
    "CA": "en",
    "AT": "de",
    "CH": "de",
    "SG": "en",
}
"""The language in which people of a region announce a national number."""
_SCRIPTS = {"hi": "Devanagari", "bn": "Bengali", "ar": "Arabic-Indic", "ja": "full-width", "zh": "full-width"}


class PhoneDrawer:
    """Draws telephone numbers that the numbering plans of their countries allow."""

    def __init__(self) -> None:
        """Load the numbering plans' examples."""
        import phonenumbers

        self._library = phonenumbers
        self._examples = {
            region: [
                number
                for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
                if (number := phonenumbers.example_number_for_type(region, kind)) is not None
            ]
            for region in REGIONS
        }

    def draw(self, rng: Random) -> tuple[SecretValue, str]:
        """Draw a number, and the language of its region; national forms need words of it that announce them."""
        form = self._library.PhoneNumberFormat
        region = rng.choice(REGIONS)
        number = self._number(rng, region)
        language = LANGUAGES.get(region, "en")
        name = rng.choice(("national", "national", "international", "E.164", "00", "compact national", "RFC 3966"))
        if name == "international":
            text = self._library.format_number(number, form.INTERNATIONAL)
        elif name == "RFC 3966":
            text = self._library.format_number(number, form.RFC3966).removeprefix("tel:")
        elif name in {"E.164", "00"}:
            text = self._library.format_number(number, form.E164)
            text = f"00{text[1:]}" if name == "00" else text
        else:
            text = self._library.format_number(number, form.NATIONAL)
            text = "".join(sign for sign in text if sign.isdigit()) if name.startswith("compact") else text
        text = _respaced(rng, text)
        written = tuple((sign, sign.isdigit()) for sign in text)
        if language in _SCRIPTS and rng.random() < 0.15:
            written, name = in_script(written, _SCRIPTS[language]), f"{name}, {_SCRIPTS[language]} digits"
        elif rng.random() < 0.03:
            script = rng.choice(list(DIGITS))
            written, name = in_script(written, script), f"{name}, {script} digits"
        return SecretValue(SensitiveKind.PHONE, written, f"{region}, {name}"), language

    def _number(self, rng: Random, region: str) -> PhoneNumber:
        example = rng.choice(self._examples[region])
        for _ in range(200):
            national = str(example.national_number)
            changed = national[:-6] + "".join(str(rng.randrange(10)) for _ in range(6))
            number = self._library.PhoneNumber(country_code=example.country_code, national_number=int(changed))
            if self._library.is_valid_number(number):
                return number
        return example


def _respaced(rng: Random, text: str) -> str:
    """Write the separators as another person would."""
    separator = rng.choice((None, None, None, "-", ".", " ", "/", "\u00a0"))
    if separator is None or "(" in text:
        return text
    return text.replace(" ", separator).replace("-", separator)
