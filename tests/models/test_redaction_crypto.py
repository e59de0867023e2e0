"""Addresses and keys of crypto currencies are replaced."""

from __future__ import annotations

import pytest

from models.redaction import SensitiveKind, redact
from tests.harness.marked import only, replaced, secrets_of, unmarked

FOUND = [
    "⟦1LfETHzbjPec6h1PpKssPnL65EQ1wAY4vA⟧",
    "send to ⟦37sP6no18k2yn9m5GJHsbrErRXVBJVLm4H⟧.",
    "⟦LQD2ZsxVafmG1tEueA1DEx1egpMYf9bjK3⟧",
    "⟦MFQ9e6KeDB7Zp6Jncs7iS82N5uXrwzQAFa⟧",
    "⟦DFFGtF5CNs8xReZAJrTS4QZ5jfuuL7KdGp⟧",
    "⟦AB2CCNq2ZgJC8QRaSXrVcYRhdRFuF6xoGL⟧",
    "⟦XbWfcekSBMjxhanwnHftaCfThdNjwyJsMX⟧",
    "⟦TAFAa4AZiNzj1mvSwNq9J6GMR4ZsfwT1hH⟧",
    "⟦t1YVKwJuBNA3gv5C4A3UGb9TU5gYou8xGmW⟧",
    "⟦tz1KvAHwQezcYK95x4gREDJhzejHX3WQTAPp⟧",
    "⟦L3zh9Dy4u5rtZA6KZtq25b9Tx5hdsYW5JeMS8uNtgBxHjE9QD9zn⟧",
    "⟦rhEYXw4VnEdQWFLoKuxkAxBbxcRSEGJKLx⟧",
    "⟦GCJNTT7R2YXED36QYVQNDT26SDOQY7RU6GEQ6MUM62HSRV5G47OEYIPA⟧",
    "⟦EQACmtgBP7mr6GqwvEp1oYaS6Md0tPmK3-GDpc9P2moZ2ef7⟧",
    "my solana wallet ⟦AsVtsCH9CL58nivaw8EcDT7iH5kXFvMRcDwyWvsokPfb⟧",
    "⟦0x3a248d73a34e4c2970a5b43b38cb1b4e61c27842⟧",
    "USDT to ⟦0x3A248d73a34e4c2970a5b43b38cb1b4e61c27842⟧, thanks",
    "⟦4At363WhJabiXmNAkD5TDhhVJCPUpeMhcDzM7v4nFJqegxG8NCKW23Pm6zKpkM2MKMAriTxxgku5KgDzVK9HRfBNd1Q3WBQ⟧",
    "⟦bc1qhjxudmd8rrr2fzl05z8j6v7v0u6lzw6ul5ln2a⟧",
    "⟦BC1QHJXUDMD8RRR2FZL05Z8J6V7V0U6LZW6UL5LN2A⟧",
    "⟦bc1p0mdlvzzss0dw6sf5r58ezlc9md24j756d34ely3vzeg3r2a7ecdq6p7grf⟧",
    "⟦ltc1qd2qs8ecwrv247up9z8lsgzh9qnky9acd605pd4⟧",
    "⟦addr1ncwlexy8hm6uyvn7m82h2tf5l4sq2qn88l7y06jkwtqr5anuuefsh4gm9ftjhvk9yet4h5tnpp9kx2tly8t7wne0lwnhg02h5x⟧",
    "⟦cosmos1w5uee5ju6qstahecpfyakn9s7w7yf0ynyj33pk⟧",
    "bitcoin:⟦1LfETHzbjPec6h1PpKssPnL65EQ1wAY4vA⟧?amount=1",
    "钱包⟦AsVtsCH9CL58nivaw8EcDT7iH5kXFvMRcDwyWvsokPfb⟧",
    "seed phrase: ⟦abandon ability able about above absent absorb abstract absurd abuse access accident⟧",
    "my recovery phrase is ⟦abandon ability able about above absent absorb abstract absurd abuse access accident⟧ please help",
    "12 words ⟦1. abandon 2. act 3. able 4. about 5. above 6. absent 7. absorb 8. abstract 9. absurd 10. abuse 11. acid 12. acre⟧",
    "frase semilla: ⟦abandon ability able about above absent absorb abstract absurd abuse access accident⟧",
    "mnemonic ⟦abandon, ability, able, about, above, absent, absorb, abstract, absurd, abuse, access, accident⟧",
]
KEPT = [
    "hash 3a248d73a34e4c2970a5b43b38cb1b4e61c2784255aa0011",
    "tx 0x3a248d73a34e4c2970a5b43b38cb1b4e61c27842a34e4c2970a5b43b38cb1b4e",
    "commit 3a248d73a34e4c2970a5b43b38cb1b4e61c27842",
    "e3b0c442-98fc-1c14-9afb-f4c8996fb924",
    "1LfETHzbjPec6h1PpKssPnL65EQ1wAY4vB",
    "I lost my seed phrase and the wallet does not open since yesterday evening help please now",
    "the recovery phrase screen shows nothing when people open settings page then close",
    "AsVtsCH9CL58nivaw8EcDT7iH5kXFvMRcDwyWvsokPfb",
    "order 12345678901234567890123456789012",
    "wallet 123456789012345678901234567890123",
]


@pytest.mark.parametrize("text", FOUND)
def test_crypto_addresses_are_found(text: str) -> None:
    """Addresses whose checksum is right, and the words of a wallet, go."""
    assert only(SensitiveKind.CRYPTO).redact(unmarked(text)).text == replaced(text, SensitiveKind.CRYPTO)
    redacted = redact(unmarked(text)).text
    assert not [secret for secret in secrets_of(text) if secret in redacted]


@pytest.mark.parametrize("text", KEPT)
def test_what_resembles_crypto_addresses_stays(text: str) -> None:
    """Hashes, ids and sentences about wallets stay."""
    assert only(SensitiveKind.CRYPTO).redact(text).text == text
