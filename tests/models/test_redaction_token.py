"""Keys, tokens and cookies are replaced, ids and hashes stay."""

from __future__ import annotations

import pytest

from models.redaction import SensitiveKind, redact
from tests.harness.marked import only, replaced, secrets_of, unmarked

FOUND = [
    "Authorization: Bearer ⟦abc123def456ghi789⟧",
    "bearer ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl⟧",
    "⟦eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U⟧",
    "Authorization: Basic ⟦YW5hOnNlY3JldA==⟧",
    "curl -H 'Authorization: Token ⟦9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b⟧'",
    "⟦AKIAIOSFODNN7ABCDEFG⟧",
    "key ⟦sk_live_4eC39HqLyjWDarjtT1zdp7dc⟧",
    "⟦rk_live_4eC39HqLyjWDarjtT1zdp7dc⟧",
    "⟦whsec_4eC39HqLyjWDarjtT1zdp7dcabcd⟧",
    "⟦ghp_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6⟧",
    "⟦github_pat_11ABCDEFG0abcdefghijkl_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx⟧",
    "⟦xoxb-123456789012-1234567890123-abcdefABCDEF123456789012⟧",
    "https://⟦hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX⟧",
    "⟦AIzaSyA1234567890abcdefghijklmnopqrstuvw⟧",
    "⟦ya29.a0AfH6SMBx1234567890abcdef⟧",
    "⟦SK0123456789abcdef0123456789abcdef⟧",
    "⟦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⟧",
    "⟦shpat_0123456789abcdef0123456789abcdef⟧",
    "⟦sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD⟧",
    "⟦npm_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6⟧",
    "⟦glpat-a1B2c3D4e5F6a1B2c3D4⟧",
    "⟦123456789:AAHdqtcvch1vGWJxfSeofSAs0K5PALDsaw1x⟧",
    "https://api.telegram.org/⟦bot123456789:AAHdqtcvch1vGWJxfSeofSAs0K5PALDsaw1x⟧/getMe",
    "⟦-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1\nabc\n-----END RSA PRIVATE KEY-----⟧",
    "⟦-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG⟧",
    "⟦-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAA -----END OPENSSH PRIVATE KEY-----⟧",
    "https://example.com/cb?token=⟦abc123def⟧&x=1",
    "https://example.com/?access_token=⟦ya29x⟧&y",
    "https://example.com/?api_key=⟦12345678⟧",
    "https://example.com/?sig=⟦aB%2Bc9d⟧&se=1",
    "https://s3.amazonaws.com/x?X-Amz-Signature=⟦fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024⟧",
    "Cookie: ⟦sessionid=38afes7a8⟧; theme=dark",
    "PHPSESSID=⟦298zf09hf012fh2⟧",
    "JSESSIONID=⟦1A530637289A03B07199A44E8D531427⟧",
    "session id: ⟦8f14e45fceea167a5a36dedd4bea2543⟧",
    "api key: ⟦8f14e45fceea167a⟧",
    "my api key is ⟦8f14e45fceea167a⟧",
    "client_secret=⟦8f14e45fceea167a⟧",
    "secret key ⟦8f14e45fceea167a5a⟧",
    "access token ⟦8f14e45fceea167a5a36⟧",
    '"refresh_token": "⟦8f14e45fceea167a⟧"',
    "X-Api-Key: ⟦8f14e45fceea167a⟧",
    "https://example.com/reset-password/⟦8f14e45fceea167a5a36⟧",
    "AWS_SECRET_ACCESS_KEY=⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY⟧",
    "token=⟦8f14e45fceea⟧",
    "токен: ⟦8f14e45fceea167a⟧",
    "⟦sq0csp-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa⟧",
    "⟦access_token$production$a1b2c3d4e5f6g7h8$0123456789abcdef0123456789abcdef⟧",
    "⟦AQEhhmfuXNWTK0Qc+iSaj2Wx8ZGfTbQ4Fxj4GFY=-a1b2c3d4e5f6g7h8i9=-x⟧{y",
    "⟦pk_test_51H8xyzABCDEFGHIJKL⟧",
    "⟦HRKU-a1b2c3d4-1234-1234-1234-123456789abc⟧",
    "⟦dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef⟧",
    "connect.sid=s:⟦abc123def456.xyz789⟧",
    "api-key ⟦8f14e45fceea167a⟧",
    "auth_token: '⟦abcDEF123456⟧'",
]
KEPT = [
    "my token is not valid",
    "the token expired yesterday",
    "token: invalid",
    "session expired after 20 minutes",
    "session 12345678",
    "bearer of bad news",
    "basic membership",
    "Basic plan costs 12.99",
    "secret santa 2026",
    "the secret is out",
    "api key is wrong",
    "order 8f14e45fceea167a5a36dedd4bea2543",
    "https://example.com/products/blue-shirt-42?color=red&size=10&utm_source=mail2026",
    "https://example.com/watch?v=dQw4w9WgXcQ&t=120",
    "https://www.tiktok.com/@user/video/7234567890123456789",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6d92078a-8246-4ba4-ae5b-76104861e7dc",
    "error_code=4031&status=failed",
    "code=4031",
    "?code=US",
    "session of 2026-11-20",
    "transaction_id=8f14e45fceea",
    "the api key page shows error 4031",
    "sk-2026",
    "skilled_worker_2026_november",
    "auth failed 401 unauthorized_client",
    "token amount 1,000.00",
    "1000 tokens bought",
    "tokens: 15000000",
    "secret: recipe",
    "authorization code 123456",
    "signature required on delivery",
    "cookie: accept all",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "eyJustaword.and.more",
    "I cannot access key features",
    "private key lost",
    "webhook failed 500",
    "Token-2026",
    "session-timeout",
    "auth: two-factor",
    "my token: 100.00 USD",
    "com.example.app.MainActivity",
    "java.lang.NullPointerException.at.line.42",
    "image_2026_11_20_screenshot_01.png",
    "token balance 2500000",
    "state=california",
]


@pytest.mark.parametrize("text", FOUND)
def test_tokens_are_found(text: str) -> None:
    """Credentials go by the shape of their issuer, by the name before them and by the parameter of a URL."""
    assert only(SensitiveKind.TOKEN).redact(unmarked(text)).text == replaced(text, SensitiveKind.TOKEN)
    redacted = redact(unmarked(text)).text
    assert not [secret for secret in secrets_of(text) if secret in redacted]


@pytest.mark.parametrize("text", KEPT)
def test_what_resembles_tokens_stays(text: str) -> None:
    """Hashes, ids, names of classes and files, and sentences about tokens stay."""
    assert only(SensitiveKind.TOKEN).redact(text).text == text
