"""Passwords, and tokens in the shapes of RFC 6750, RFC 7519 and of vendors."""

from __future__ import annotations

import base64
import json
from random import Random
from string import ascii_letters, ascii_uppercase, digits

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, whole

_WORDS = (
    "sunshine",
    "dragon",
    "Monika",
    "Hunter",
    "qwerty",
    "Letmein",
    "corazon",
    "schatz",
    "Tiger",
    "iloveyou",
    "Passw0rd",
    "geheim",
)
_HEX, _BASE62, _BASE64URL = digits + "abcdef", ascii_letters + digits, ascii_letters + digits + "-_"


def _drawn(rng: Random, letters: str, number: int) -> str:
    return "".join(rng.choice(letters) for _ in range(number))


def password(rng: Random) -> SecretValue:
    """Draw a password as people choose them, or as a generator makes them."""
    word = rng.choice(_WORDS)
    name, text = rng.choice(
        (
            ("word and number", f"{word}{rng.randrange(10, 2030)}"),
            ("word, number, sign", f"{word}{rng.randrange(100)}{rng.choice('!?#$*@')}"),
            (
                "leet",
                f"{word.replace('o', '0').replace('e', '3').replace('i', '1')}{rng.choice('!_#')}{rng.randrange(10)}",
            ),
            (
                "generated",
                _drawn(rng, _BASE62, rng.randrange(9, 21))
                + rng.choice("23456789")
                + _drawn(rng, "!#$%*+?^~", 1)
                + rng.choice(ascii_letters),
            ),
            ("digits", _drawn(rng, digits, rng.choice((6, 8, 10)))),
            ("passphrase", "-".join(rng.sample([one.lower() for one in _WORDS], 3)) + rng.choice(digits)),
        )
    )
    return SecretValue(SensitiveKind.PASSWORD, whole(text), name)


def in_address(rng: Random) -> SecretValue:
    """Draw a password in the user information of an address (RFC 3986, 3.2.1)."""
    scheme, host = rng.choice(
        (("https", "example.com"), ("ftp", "files.example.org"), ("postgresql", "db.example.net:5432/shop"))
    )
    text = _drawn(rng, _BASE62, rng.randrange(8, 16)) + rng.choice(digits)
    return SecretValue(
        SensitiveKind.PASSWORD,
        whole(text),
        "user information of an address",
        f"see {scheme}://admin:{{}}@{host} please",
        "password",
    )


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _json_web_token(rng: Random) -> str:
    payload = {"sub": str(rng.randrange(10**9)), "iat": rng.randrange(10**9), "name": "Made Up"}
    return f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(payload)}.{_drawn(rng, _BASE64URL, 43)}"


SHAPES: tuple[tuple[str, str, str, int], ...] = (
    ("AWS access key", "AKIA", ascii_uppercase + "234567", 16),
    ("AWS temporary key", "ASIA", ascii_uppercase + "234567", 16),
    ("GitHub", "ghp" + "_", _BASE62, 36),
    ("GitHub server", "ghs" + "_", _BASE62, 36),
    ("GitHub fine-grained", "github" + "_pat_", _BASE62, 82),
    ("GitLab", "glpat" + "-", _BASE64URL, 20),
    ("Stripe", "sk" + "_live_", _BASE62, 24),
    ("Stripe test", "sk" + "_test_", _BASE62, 24),
    ("Stripe restricted", "rk" + "_live_", _BASE62, 24),
    ("Stripe webhook", "whsec" + "_", _BASE62, 32),
    ("Google", "AIza", _BASE64URL, 35),
    ("npm", "npm" + "_", _BASE62, 36),
    ("Hugging Face", "hf" + "_", ascii_letters, 34),
    ("Shopify", "shpat" + "_", _HEX, 32),
    ("DigitalOcean", "dop" + "_v1_", _HEX, 64),
    ("OpenAI", "sk" + "-", _BASE62, 48),
    ("Anthropic", "sk" + "-ant-api03-", _BASE64URL, 93),
    ("PyPI", "pypi" + "-", _BASE64URL, 90),
    ("Razorpay", "rzp" + "_live_", _BASE62, 14),
    ("Square", "sq0atp" + "-", _BASE64URL, 22),
    ("Telegram bot", "", "", 0),
    ("SendGrid", "", "", 0),
    ("Slack", "", "", 0),
)
"""Name, beginning, letters and number of letters; the beginnings are put together so that no scanner takes this file for a leak."""


def token(rng: Random) -> SecretValue:
    """Draw a token: a vendor's key, a JSON Web Token, or one that a header or a name announces."""
    draw = rng.random()
    if draw < 0.2:
        return SecretValue(
            SensitiveKind.TOKEN,
            whole(_json_web_token(rng)),
            "JWT",
            rng.choice(("{}", "token {}", "Authorization: Bearer {}", "my jwt is {}")),
            "jwt",
        )
    if draw < 0.6:
        return _vendor(rng)
    text = rng.choice((_drawn(rng, _BASE64URL, rng.randrange(24, 64)), _drawn(rng, _HEX, rng.choice((32, 40, 64)))))
    if draw < 0.75:
        phrase = rng.choice(
            ("Authorization: Bearer {}", "bearer {}", "curl -H 'Authorization: Bearer {}'", "authorization: token {}")
        )
        return SecretValue(SensitiveKind.TOKEN, whole(text), "bearer", phrase, "access_token")
    if draw < 0.8:
        text = base64.b64encode(f"admin:{_drawn(rng, _BASE62, 12)}".encode()).decode()
        return SecretValue(SensitiveKind.TOKEN, whole(text), "basic", "Authorization: Basic {}", "basic_auth_token")
    if draw < 0.87:
        return SecretValue(SensitiveKind.TOKEN, whole(text), "announced in words", None, "api_key")
    key = rng.choice(
        (
            "api_key",
            "apikey",
            "access_token",
            "client_secret",
            "secret_key",
            "X-API-Key",
            "refresh_token",
            "auth_token",
            "session_token",
        )
    )
    phrase = rng.choice((f"{key}={{}}", f"{key}: {{}}", f'"{key}": "{{}}"', f"{key} is {{}}"))
    return SecretValue(SensitiveKind.TOKEN, whole(text), "announced", phrase, key)


def _vendor(rng: Random) -> SecretValue:
    name, beginning, letters, number = rng.choice(SHAPES)
    text = _drawn(rng, letters, number) if letters else ""
    if name == "Telegram bot":
        text = f"{rng.randrange(10**8, 10**10)}:AA{_drawn(rng, _BASE64URL, 33)}"
    elif name == "SendGrid":
        beginning, text = "SG" + ".", f"{_drawn(rng, _BASE64URL, 22)}.{_drawn(rng, _BASE64URL, 43)}"
    elif name == "Slack":
        beginning = "xox" + rng.choice("bp") + "-"
        text = f"{rng.randrange(10**11, 10**12)}-{rng.randrange(10**11, 10**12)}-{_drawn(rng, _BASE62, 24)}"
    pieces = (*((sign, False) for sign in beginning), *whole(text))
    phrase = rng.choice(("my key is {}", "{}", "key: {}", "I leaked {} by mistake", "token={}", "({})"))
    return SecretValue(SensitiveKind.TOKEN, pieces, name, phrase, rng.choice(("key", "token", "value")))
