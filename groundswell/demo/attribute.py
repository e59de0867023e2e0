"""Attributes: who writes, from where, with what, and who answers; correlated as in real data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random
from typing import TypeVar

from groundswell.demo.issue import Issue

T = TypeVar("T")

REGIONS = {"US": 26, "BR": 16, "IN": 12, "GB": 10, "DE": 10, "ID": 10, "FR": 9, "MX": 7}
LANGUAGES = {"BR": "pt", "DE": "de", "FR": "fr", "ID": "id", "MX": "es", "US": "es"}
FOREIGN = 0.10
"""Share of writers who use their own language where the issue has words for it."""

PAYMENT_METHODS: Mapping[str, Mapping[str, int]] = {
    "US": {"card": 58, "wallet": 34, "bank_transfer": 8},
    "GB": {"card": 66, "wallet": 26, "bank_transfer": 8},
    "BR": {"pix": 52, "card": 40, "wallet": 8},
    "IN": {"upi": 58, "card": 22, "cash": 12, "wallet": 8},
    "DE": {"sepa": 40, "card": 30, "wallet": 30},
    "FR": {"card": 62, "sepa": 20, "wallet": 18},
    "ID": {"wallet": 44, "bank_transfer": 30, "cash": 16, "card": 10},
    "MX": {"card": 56, "cash": 24, "bank_transfer": 20},
}
PLATFORMS: Mapping[str, Mapping[str, int]] = {
    "buyer": {"android": 48, "ios": 42, "web": 10},
    "creator": {"android": 36, "ios": 48, "web": 16},
    "merchant": {"web": 70, "android": 18, "ios": 12},
    "advertiser": {"web": 84, "ios": 10, "android": 6},
}
CHANNELS: Mapping[str, Mapping[str, int]] = {
    "buyer": {"in_app": 44, "im_chat": 22, "email": 14, "web_form": 8, "phone": 6, "social": 6},
    "creator": {"in_app": 46, "im_chat": 16, "email": 20, "web_form": 8, "social": 8, "phone": 2},
    "merchant": {"email": 38, "web_form": 26, "phone": 14, "api": 12, "im_chat": 10},
    "advertiser": {"email": 46, "web_form": 26, "phone": 14, "im_chat": 10, "api": 4},
}
HANDLERS: Mapping[str, Mapping[str, int]] = {
    "in_app": {"ai": 62, "human": 18, "vendor": 20},
    "im_chat": {"ai": 56, "vendor": 30, "human": 14},
    "email": {"human": 40, "vendor": 36, "ai": 24},
    "phone": {"vendor": 70, "human": 30},
    "web_form": {"ai": 40, "human": 34, "vendor": 26},
    "social": {"human": 70, "ai": 30},
    "api": {"human": 80, "ai": 20},
}
VENDORS: Mapping[str, str] = {
    "US": "brightdesk",
    "MX": "brightdesk",
    "BR": "voz-clara",
    "IN": "tamarind-care",
    "ID": "tamarind-care",
}
DEFAULT_VENDOR = "northline"
TEAMS: Mapping[tuple[str, str], str] = {
    ("ecommerce", "buyer"): "checkout",
    ("ecommerce", "merchant"): "merchant-settlements",
    ("live", "buyer"): "payments-live",
    ("live", "creator"): "payments-live",
    ("creator", "creator"): "creator-payouts",
    ("creator", "advertiser"): "ads-billing",
}
VERSIONS = {"38.1.0": 66, "38.0.0": 20, "37.9.2": 14}
NEW_VERSION = "38.2.0"
REQUESTERS = 5_000


def draw_attributes(
    rng: Random, issue: Issue, time: datetime, fixed: Mapping[str, str], released: datetime
) -> dict[str, str | bool | None]:
    """Draw all attributes of a ticket but the `fixed` ones; `released` is when the new iOS version came."""
    region = fixed.get("region") or _weighted(rng, REGIONS, issue.regions)
    channel = _weighted(rng, CHANNELS[issue.user_type])
    handler = _weighted(rng, HANDLERS[channel])
    priority = _weighted(rng, {"low": 12, "normal": 58, "high": 24, "urgent": 6})
    platform = fixed.get("platform") or _platform(rng, issue, region)
    return {
        "channel": channel,
        "handled_by": handler,
        "vendor": VENDORS.get(region, DEFAULT_VENDOR) if handler == "vendor" else None,
        "team": TEAMS[issue.business_line, issue.user_type],
        "business_line": issue.business_line,
        "user_type": issue.user_type,
        "product": rng.choice(issue.products),
        "payment_method": fixed.get("payment_method") or _payment_method(rng, issue, region),
        "region": region,
        "platform": platform,
        "app_version": fixed.get("app_version") or _app_version(rng, platform, time, released),
        "priority": priority,
        "escalated": rng.random() < {"low": 0.05, "normal": 0.15, "high": 0.4, "urgent": 0.8}[priority],
        # A few people write again and again.
        "requester": f"u-{rng.randint(1, 60 if rng.random() < 0.02 else REQUESTERS):05}",
    }


def draw_language(rng: Random, region: str) -> str:
    """Draw the language in which a person of the region writes, if the issue has words for it."""
    return LANGUAGES.get(region, "en") if rng.random() < FOREIGN else "en"


def _weighted(rng: Random, weights: Mapping[T, int], only: Iterable[T] = ()) -> T:
    allowed = set(only)
    values = [value for value in weights if not allowed or value in allowed] or sorted(allowed, key=str)
    return rng.choices(values, weights=[weights.get(value, 1) for value in values])[0]


def _payment_method(rng: Random, issue: Issue, region: str) -> str:
    """Draw a method that is usual in the region if it suits the issue; else one that the issue is about."""
    return _weighted(rng, PAYMENT_METHODS[region], issue.payment_methods)


def _platform(rng: Random, issue: Issue, region: str) -> str:
    weights = dict(PLATFORMS[issue.user_type])
    if region in ("BR", "IN", "ID", "MX"):
        weights["android"] *= 2
    return _weighted(rng, weights, issue.platforms)


def _app_version(rng: Random, platform: str, time: datetime, released: datetime) -> str | None:
    """Draw a version, None on the web; on iOS the new version reaches up to 40 % of the phones within a day."""
    if platform == "web":
        return None
    hours = (time - released).total_seconds() / 3600
    if platform == "ios" and rng.random() < min(max(hours, 0) / 24, 1) * 0.4:
        return NEW_VERSION
    return _weighted(rng, VERSIONS)
