"""Bank accounts are replaced after their words or by their check digits; ids of users and orders are not."""

from __future__ import annotations

import pytest

from models.redaction import redact

IBANS = (
    "DE89 3704 0044 0532 0130 00 please",
    "iban gb29nwbk60161331926819.",
    "ES9121000418450200051332",
    "to FR14 2004 1010 0505 0001 3M02 606, thanks",
    "IBANDE89370400440532013000",
    "IBAN:DE89370400440532013000",
    "xxDE89370400440532013000yy",
    "DE89-3704-0044-0532-0130-00",
    "DE89.3704.0044.0532.0130.00",
    "DE 89 3704 0044 0532 0130 00",
    "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
    "DE89  3704  0044  0532  0130  00",
    "DE89_3704_0044_0532_0130_00",
    "DE89/3704/0044/0532/0130/00",
    "iban: DE89 3704 0044 0532 0130 01",
    "MT84MALT011000012345MTLCAST001S",
    "NO9386011117947",
    "BR1800360305000010009795493C1",
    "SA0380000000608010167519",
    "mt84 malt 0110 0001 2345 mtlc ast0 01s",
    "LC55HEMM000100010012001200023015",
    "TR330006100519786457841326",
    "PL61109010140000071219812874",
    "AE070331234567890123456",
    "KW81CBKU0000000000001234560101",
    "NL91ABNA0417164300",
    "nl91 abna 0417 1643 00",
    "CH9300762011623852957",
    "GB33BUKB20201555555555",
    "Meine IBAN lautet de89 3704 0044 0532 0130 00.",
    "DE89\n3704 0044\n0532 0130 00",
    "IBAN DE89+3704+0044+0532+0130+00",
    "IBAN de89<br>&#x3e;&#x20;3704<br>&#x3e;&#x20;0044<br>&#x3e;&#x20;0532<br>&#x3e;&#x20;0130<br>&#x3e;&#x20;00",
)

ACCOUNTS = (
    "account number 12345678",
    "my bank account is 1234567890",
    "Account No. 000123456789",
    "acct 123456789",
    "a/c no 50100123456789",
    "bank account: 1234-5678-90",
    "checking account 123456789 routing 021000021",
    "routing number 021000021",
    "ABA 021000021",
    "RTN: 123456789",
    "sort code 20-00-00",
    "sort code 20-00-00 account 12345678",
    "sort code and account 20-00-00 12345678",
    "IFSC HDFC0001234",
    "HDFC0001234",
    "IFSC code: ABCD0123456",
    "BSB 062-000",
    "BSB 062-000 account 12345678",
    "CLABE 032180000118359719",
    "CBU 2850590940090418135201",
    "2850590940090418135201",
    "Kontonummer 1234567890",
    "Konto-Nr. 1234567 BLZ 37040044",
    "BLZ 37040044",
    "agência 1234 conta 12345-6",
    "ag 1234-5 c/c 12345-6",
    "agência/conta: 1234 / 12345-6",
    "minha conta corrente é 12345-6",
    "conta bancária: 123456-X",
    "número de cuenta 2100 0418 45 0200051332",
    "2100 0418 45 0200051332",
    "cta. 12345678",
    "numéro de compte 12345678901",
    "номер счёта 40817810099910004312",
    "расчётный счёт: 40817810099910004312",
    "р/с 40817810099910004312",
    "мой счет 12345678",
    "رقم الحساب ١٢٣٤٥٦٧٨٩٠",
    "رقم الحساب البنكي: 1234567890",
    "खाता संख्या 12345678901",
    "मेरा खाता नंबर 12345678901 है",
    "অ্যাকাউন্ট নম্বর 1234567890",
    "ব্যাংক অ্যাকাউন্ট 1234567890",
    "nomor rekening 1234567890",
    "no. rekening: 1234567890",
    "rek BCA 1234567890",
    "银行账号6222021234567890123",
    "账号：1234567890",
    "口座番号1234567",
    "口座番号は1234567です",
    "계좌번호 110-123-456789",
    "hesap no 12345678",
    "số tài khoản 0123456789",
    "stk 0123456789",
    "SWIFT DEUTDEFF",
    "SWIFT/BIC: DEUTDEFF500",
    "bic deutdeff500",
    '{"accountNumber":"12345678"}',
    "account_number=12345678",
    "numer konta 12345678901234567890123456",
    "savings account number is 1234 5678 90",
    "rekeningnummer 123456789",
)

NO_ACCOUNTS = (
    "account ending in 1234",
    "account ending 123456",
    "my account 12345678 is locked",
    "user account id 12345678",
    "my TikTok account 1234567890",
    "swift response please",
    "account since 2019",
    "account created 2026-11-20",
    "account balance 1234567",
    "order 12345678",
    "in 2024 my bank account was closed",
    "checking 3 times, order 1234567",
)


@pytest.mark.parametrize("text", IBANS)
def test_an_iban_is_replaced_with_any_separators_and_inside_words(text: str) -> None:
    """Country, form and check digits decide (ISO 13616)."""
    redacted = redact(text)
    assert redacted.counts == {"IBAN": 1}
    assert not any(character.isdigit() for character in redacted.text), redacted.text


def test_a_mistyped_iban_is_replaced_after_its_word() -> None:
    """A number with wrong check digits is still that of an account if it is called an IBAN, and an id if not."""
    assert redact("my IBAN: DE89 3704 0044 0532 0130 01").text == "my IBAN: [IBAN]"
    assert redact("order DE89 3704 0044 0532 0130 01").counts.get("IBAN") is None


@pytest.mark.parametrize("text", ACCOUNTS)
def test_an_account_is_replaced_after_its_word(text: str) -> None:
    """Account, routing and branch numbers of many countries go."""
    redacted = redact(text)
    assert redacted.counts, redacted.text
    assert not any(character.isdigit() for character in redacted.text), redacted.text


@pytest.mark.parametrize("text", NO_ACCOUNTS)
def test_other_accounts_and_the_last_digits_stay(text: str) -> None:
    """Accounts of users, the last digits of a bank account, dates and balances are no bank accounts."""
    assert "ACCOUNT" not in redact(text).counts


def test_a_card_is_no_account() -> None:
    """A card number keeps its kind after the word "account", so that expiry and code after it are found."""
    assert redact("account number 4111 1111 1111 1111, 12/29, cvv 123").counts == {"CARD": 1, "EXPIRY": 1, "CVV": 1}


@pytest.mark.parametrize(
    "piece", ["de89", "DE89370400440532013001", "a a 1 1 ", "account 123456 ", "account ", "1 ", "1-"]
)
def test_long_texts_are_searched_for_accounts(piece: str) -> None:
    """The search ends on long runs of what account numbers begin with."""
    text = piece * (50_000 // len(piece)) + "\n\nIBAN DE89 3704 0044 0532 0130 00"
    assert redact(text).text.endswith("IBAN [IBAN]")
