"""Encodings: the letters are the right ones, whatever a file was written in."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import EncodingUnfit
from stream.files.encoding import Encoding, Evidence, detect, head_text
from stream.files.legacy import legacy_encoding
from stream.files.lines import text_lines
from stream.files.opening import Content

WORDS = {
    "german": ("cp1252", "Ich möchte mein Geld zurück, 5 € – bitte"),
    "german capitals": ("cp1252", "RÜCKERSTATTUNG DER GRÖSSE"),
    "french": ("cp1252", "Je n’ai pas reçu l’e-mail à ce jour : « néant »"),
    "spanish": ("cp1252", "¿Dónde está mi dinero? El año pasado pagué"),
    "portuguese": ("cp1252", "não consigo usar o cartão, duas cobranças e várias reclamações"),
    "swedish": ("cp1252", "Kan någon hjälpa mig på måndag?"),
    "danish": ("cp1252", "Jeg får ikke mine penge, jeg har købt ærter"),
    "icelandic": ("cp1252", "Ég fæ ekki peningana mína til baka, það er ómögulegt að þessu"),
    "one letter": ("cp1252", "Café closed"),
    "one dash": ("cp1252", "pay – now"),
    "one apostrophe": ("cp1252", "I can’t pay"),
    "one pound": ("cp1252", "it costs £5 now"),
    "japanese": ("shift_jis", "カードが拒否されました。返金をお願いします"),
    "japanese kanji": ("shift_jis", "請求書の金額が違う"),
    "japanese half width": ("shift_jis", "ｶｰﾄﾞ ｶﾞ ﾂｶｴﾏｾﾝ"),
    "japanese on unix": ("euc_jp", "注文した商品が届きません"),
    "japanese mail": ("iso2022_jp", "注文した商品が届きません"),
    "simplified chinese": ("gbk", "支付失败，无法登录账号"),
    "traditional chinese": ("big5", "付款失敗，無法登入帳號"),
    "korean": ("cp949", "카드가 거부되었습니다. 환불해 주세요"),
    "russian": ("cp1251", "Где мои деньги? Карта отклонена"),
    "russian capitals": ("cp1251", "ВОЗВРАТ ДЕНЕГ"),
    "ukrainian": ("cp1251", "Де мої гроші? Картку відхилено"),
    "russian on unix": ("koi8_r", "Где мои деньги? Карта отклонена"),
    "russian of dos": ("cp866", "Где мои деньги? Карта отклонена"),
    "polish": ("cp1250", "Gdzie są moje pieniądze? Proszę o zwrot środków"),
    "czech": ("cp1250", "Kde jsou moje peníze? Žádám o vrácení, platba byla zamítnuta"),
    "hungarian": ("cp1250", "Hol van a pénzem? A kártyát elutasították, kérem vissza időben"),
    "romanian": ("cp1250", "Plata a fost refuzată, aştept să îmi daţi înapoi"),
    "greek": ("cp1253", "Πού είναι τα χρήματά μου; Η κάρτα απορρίφθηκε"),
    "turkish": ("cp1254", "Kartım reddedildi, şifremi unuttum, güncelleme istiyorum"),
    "hebrew": ("cp1255", "איפה הכסף שלי? הכרטיס נדחה"),
    "arabic": ("cp1256", "أين أموالي؟ تم رفض البطاقة"),
    "lithuanian": ("cp1257", "Kur mano pinigai? Mokėjimas atmestas, prašau grąžinti, žinutė"),
    "thai": ("cp874", "เงินของฉันอยู่ที่ไหน"),
    "german of dos": ("cp850", "Ich möchte mein Geld zurück, größer"),
    "german of old macs": ("mac_roman", "Ich möchte mein Geld zurück – größer"),
}


def content_of(raw: bytes) -> Content:
    """Standard input that holds bytes."""
    return Content("-", stdin=io.BytesIO(raw))


def read_text(raw: bytes, asked: str | None = None) -> str:
    """The text of bytes, as the readers decode it."""
    content = content_of(raw)
    return "".join(text_lines(content.stream(), detect(content, asked), lambda _: None))


@pytest.mark.parametrize(("name", "text"), WORDS.values(), ids=list(WORDS))
def test_letters_of_an_encoding(name, text):
    """One short line is enough to tell encodings apart by the letters that they give."""
    raw = f"id,opened,text\nT1,2026-11-01T08:00:00Z,{text}\n".encode(name)
    assert read_text(raw) == raw.decode(name)


@pytest.mark.parametrize(("name", "text"), [one for one in WORDS.values() if one[0] != "iso2022_jp"])
def test_many_lines_of_an_encoding(name, text, tmp_path):
    """A file of many lines is recognised, too, when its first letter beyond ASCII comes late."""
    lines = "".join(f"T{at},2026-11-01T08:00:00Z,plain words\n" for at in range(9000))
    raw = (lines + 50 * f"T1,2026-11-01T08:00:00Z,{text}\n").encode(name)
    path = tmp_path / "export.csv"
    path.write_bytes(raw)
    with Content(str(path)) as content:
        found = detect(content)
        assert "".join(text_lines(content.stream(), found, lambda _: None)) == raw.decode(name)


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(
    "text", ["id,text\n1,möchte – 5 €\n", "id,opened,text\n1,2026-11-01,カードが拒否されました\n", "id\n😀\n"]
)
def test_unicode_with_and_without_a_mark(name, text):
    """All encodings of Unicode are read, and a byte-order mark is no part of the text."""
    assert read_text(text.encode(name)) == text


def test_the_reported_encoding():
    """What is reported names the encoding of the file, and of the lines that are in another one."""
    utf_8 = Evidence()
    utf_8.add("möchte\nkönnte\n".encode())
    assert str(utf_8.encoding()) == "utf-8"
    utf_8.add("für\n".encode("cp1252"))
    assert str(utf_8.encoding()) == "utf-8, some lines cp1252"
    assert detect(content_of("a,b\n1,für\n".encode("cp1252"))) == Encoding("cp1252")
    assert detect(content_of(b"a,b\n1,2\n"), "latin-1") == Encoding("iso8859-1")


def test_unusual_encodings():
    """For letters that none of the usual encodings has, the library with a list of ninety is asked; no bytes stop it."""
    assert legacy_encoding(bytes(range(0x80, 0xA0)) * 3)
    assert legacy_encoding(b"") == "cp1252"


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_have_some_text(raw):
    """Bytes of any kind are decoded to something, or are said to be no text."""
    text = head_text(raw)
    assert text is None or isinstance(text, str)
    # The first byte keeps them from looking like compressed data.
    assert isinstance(read_text(b"a" + raw), str)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), min_size=1))
def test_utf8_is_always_recognised(text):
    """Valid UTF-8 without NULs is never taken for anything else."""
    raw = text.replace("\0", "x").replace("\x1b", "x").encode()
    assert read_text(raw) == raw.decode()


@pytest.mark.parametrize("name", ["utf-16", "utf-32", "utf-16-le", "UTF16"])
def test_a_file_that_is_not_in_the_named_encoding(name: str) -> None:
    """A wide encoding that the file is not in is refused with a sentence that says so."""
    with pytest.raises(EncodingUnfit, match="which the input is not in"):
        read_text(b"a,b\n1,2\n", name)


@pytest.mark.parametrize("written", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_and_without_its_mark(written: str) -> None:
    """Who names UTF-16 need not know its byte order."""
    assert read_text("a,bé\n1,2\n".encode(written), "utf-16") == "a,bé\n1,2\n"
