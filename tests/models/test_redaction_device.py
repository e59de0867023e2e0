"""Identifiers of devices and SIM cards are replaced, other ids stay."""

from __future__ import annotations

import pytest

from models.redaction import SensitiveKind, redact
from tests.harness.marked import only, replaced, secrets_of, unmarked

FOUND = [
    "IMEI ⟦352099001761481⟧",
    "imei: ⟦35-209900-176148-1⟧",
    "IMEI: ⟦35 209900 176148 1⟧",
    "my imei is ⟦352099001761481⟧",
    "IMEI 1: ⟦352099001761481⟧, IMEI 2: ⟦352099001761499⟧",
    "⟦35-209900-176148-1⟧",
    "MAC address ⟦00:1A:2B:3C:4D:5E⟧",
    "⟦00-1A-2B-3C-4D-5E⟧",
    "⟦001a.2b3c.4d5e⟧",
    "mac: ⟦001A2B3C4D5E⟧",
    "IDFA ⟦6D92078A-8246-4BA4-AE5B-76104861E7DC⟧",
    "advertising id: ⟦38400000-8cf0-11bd-b23e-10b96e40000d⟧",
    "device id ⟦6D92078A-8246-4BA4-AE5B-76104861E7DC⟧",
    "device_id=⟦9774d56d682e549c⟧",
    'deviceId: "⟦9774d56d682e549c⟧"',
    "Android ID: ⟦9774d56d682e549c⟧",
    "GAID ⟦38400000-8cf0-11bd-b23e-10b96e40000d⟧",
    "serial number ⟦F2LX9Q1HG5MN⟧",
    "Serial: ⟦C02XK0XXJGH5⟧",
    "S/N: ⟦R58M12ABCDE⟧",
    "número de serie: ⟦R58M12ABCDE⟧",
    "Seriennummer: ⟦C02XK0XXJGH5⟧",
    "numéro de série ⟦C02XK0XXJGH5⟧",
    "nomor seri ⟦R58M12ABCDE⟧",
    "seri numarası: ⟦R58M12ABCDE⟧",
    "серийный номер ⟦R58M12ABCDE⟧",
    "序列号：⟦R58M12ABCDE⟧",
    "シリアル番号: ⟦R58M12ABCDE⟧",
    "الرقم التسلسلي: ⟦R58M12ABCDE⟧",
    "सीरियल नंबर ⟦R58M12ABCDE⟧",
    "ICCID ⟦8949222074451242066⟧",
    "ICCID: ⟦89 49 2220 7445 1242 066⟧",
    "IMSI ⟦310150123456789⟧",
    "UDID ⟦00008030-001A2B3C4D5E6F70⟧",
    "UDID: ⟦2b6f0cc904d137be2e1730235f5664094b831186⟧",
    "SIM number ⟦8949222074451242066⟧",
    "MEID ⟦A0000049D9B8C7⟧",
    "ID del dispositivo: ⟦9774d56d682e549c⟧",
    "ID do dispositivo ⟦9774d56d682e549c⟧",
    "Geräte-ID ⟦9774d56d682e549c⟧",
    "serial number of my iPhone is ⟦F2LX9Q1HG5MN⟧",
    "the device id is ⟦9774d56d682e549c⟧",
]
KEPT = [
    "order 6D92078A-8246-4BA4-AE5B-76104861E7DC",
    "event id 38400000-8cf0-11bd-b23e-10b96e40000d",
    "352099001761481",
    "20-11-26-14-05-33",
    "0011.2233.4455",
    "device: iPhone 14",
    "device SM-G991B",
    "my device is a Samsung Galaxy S21",
    "android 14",
    "serial killer",
    "device not found 2024",
    "macbook pro 2021",
    "mac 14.2.1",
    "simple 12345678",
    "serious 20261120",
    "series 2024",
    "new device, order 4029384756",
    "android version 38.1.0",
    "md5 3f:9a:01:c4:77:5e:b2:08:d1:6a:ff:20:91:ce:4b:13",
    "at 12:30:45",
    "device limit of 5 reached",
    "my device 2 times",
    "SIM card not working 2026",
    "machine 12345",
    "hardware version 12.1.0",
    "snow 12345678",
    "Device Redmi-Note-12",
    "device is iphone-14-pro",
    "eid mubarak 2026",
]


@pytest.mark.parametrize("text", FOUND)
def test_device_ids_are_found(text: str) -> None:
    """IMEI, IMSI, ICCID, MAC addresses, advertising ids and serial numbers go."""
    assert only(SensitiveKind.DEVICE).redact(unmarked(text)).text == replaced(text, SensitiveKind.DEVICE)
    redacted = redact(unmarked(text)).text
    assert not [secret for secret in secrets_of(text) if secret in redacted]


@pytest.mark.parametrize("text", KEPT)
def test_what_resembles_device_ids_stays(text: str) -> None:
    """Names of models, ids of orders and events, dates and versions stay."""
    assert only(SensitiveKind.DEVICE).redact(text).text == text
