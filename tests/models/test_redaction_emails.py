"""E-mail and payment addresses are replaced in every disguise, and sentences with "at" and "dot" are not."""

from __future__ import annotations

import pytest

from models.redaction import redact

ADDRESSES = (
    "ana@example.com",
    "write to ana.maria+pay@mail.example.co.uk.",
    "mailto:ana@example.com?subject=x",
    "*ana@example.com*",
    "|ana@example.com|",
    "(ana@example.com)",
    "<ana@example.com>",
    "email=ana@example.com&x=1",
    "https://x.com/?email=ana%40example.com",
    "ana%40example.com",
    "jörg@bücher.de",
    "j@x.io",
    "ana@xn--bcher-kva.de",
    "ana@xn--bcher-kva.xn--p1ai",
    "иван@пример.рф",
    "用户@例子.中国",
    '"ana maria"@example.com',
    '"ana@home"@example.com',
    "ana@[192.168.2.1]",
    "ana@[IPv6:2001:db8::1]",
    "ana@192.168.2.1",
    "ana at example dot com",
    "contact ana at example dot com please",
    "ana AT example DOT com",
    "ana [at] example [dot] com",
    "ana[at]example[dot]com",
    "ana(at)example(dot)com",
    "ana (at) example.com",
    "ana{at}example{dot}com",
    "ana <at> example <dot> com",
    "ana(a)example.com",
    "ana[a]example.com",
    "ana (@) example.com",
    "ana＠example。com",
    "ana＠example．com",
    "ana @ example.com",
    "ana@ example.com",
    "ana @example.com",
    "ana@example .com",
    "ana@example. com",
    "ana @ example . com",
    "ana@example,com",
    "ana@example dot com",
    "ana@example[.]com",
    "ana@example(.)com",
    "ana@gmail",
    "ana@gmail,com",
    "ana@gmail dot com",
    "ana dot maria at example dot com",
    "ana.maria at example dot co dot uk",
    "ana_maria at gmail dot com",
    "ana arroba example punto com",
    "ana arroba example ponto com",
    "ana (arroba) example.com",
    "ana punto maria arroba example punto com",
    "ana(ät)example.de",
    "ana [ät] example.de",
    "ana ät example punkt de",
    "ana at example punkt de",
    "ana arobase example point fr",
    "ana chiocciola example punto it",
    "ana собака example точка ru",
    "ana(собака)example.ru",
    "ana małpa example kropka pl",
    "ana at the rate gmail dot com",
    "my email is ana at gmail.com",
    "email me: ana at example.com",
    "e-mail ana at example.com thanks",
    "ana at gmail.com",
    "ana艾特example点com",
    "ana@example点com",
    "anaアットexample.com",
    "ana（アット）example.com",
    "ana एट example डॉट com",
    "ana_at_example_dot_com",
    "ana-at-example-dot-com",
    "ana*at*example*dot*com",
    "ana underscore maria at example dot com",
    "my mail: ana at gmail",
    "mail is ana2000 at yahoo",
    "o'brien@example.com",
    "tom&jerry@example.com",
    "bounce+ana=example.com@mailer.com",
    "ana@mail.sub.example.org",
    "ANA@EXAMPLE.COM",
    "a.b-c_d@e-f.example.museum",
    "ana@example.photography",
    "to:ana@example.com,bob@example.com;eve@example.com",
    '"Ana" <ana@example.com>',
    "ana@example.comThanks",
    "Email:ana@example.com",
    "ana@example.com.",
    "'ana@example.com'",
    "[ana@example.com](mailto:ana@example.com)",
    '{"email":"ana@example.com"}',
    "ana آت example دوت com",
    "correo ana arroba gmail punto com",
    "ana.maria[at]example.com",
    "ana「at」example.com",
    "ana【at】example.com",
    "ana«at»example.com",
    "ana“at”example.com",
    "ana`at`example`dot`com",
    "ana|at|example|dot|com",
    "write to ana:at:example:dot:com",
    "ana~at~example~dot~com",
    "ana**at**example**dot**com",
    "ana/at/example/dot/com",
    "ana /at/ example.com",
    "ana---at---example.com",
    "ana..at..example.com",
    "ana+at+example+dot+com",
    "ana -at- example -dot- com",
    "ana[@t]example[d0t]com",
    "ana(a t)example(d o t)com",
    "ana (a) example (d) com",
    "ana [at] example . co . uk",
    "ana et example nokta com",
    "login ana7 at example titik com",
    "ana골뱅이example점com",
    "ana@@example.com",
    "ana@example·com",
    "a n a @ e x a m p l e . c o m",
    "ana . m a r i a @ e x a m p l e . c o m!".replace("ana", "a n a"),
    "user=contact@ example.com",
)

SENTENCES = (
    "meet at office dot com",
    "follow @streamer on LIVE",
    "look at amazon.com for the order",
    "I bought it at amazon.com",
    "I bought coins at tiktok dot com",
    "refund at shop dot com please",
    "arrived at 5 pm. com",
    "the point at which it failed",
    "see @ana.maria for more",
    "thanks @support",
    "paid 5 @ 3.50 each",
    "10 coins @ 0.99",
    "at this point the app crashed",
    "meet me at starbucks",
    "we are at home. In the evening",
    "login at example.com fails",
    "sold at store.com",
    "price @ store",
    "available at google.com",
    "charge at netflix.com twice",
    "please look at it. No way",
    "I was at work dot",
    "he shouted at me (a) loudly",
    "option (a) or (b)",
    "list: (a) card (b) cash",
    "a dot on the screen",
    "class @Override.method",
    "java @Test annotation",
    "see you at 10.30",
    "the email arrived at noon. It said no",
    "my mail was sent at 5. Com",
    "git clone git@github.com:acme/shop.git",
    "ssh://git@git.example.com:7999/shop.git",
    "hg@hg.example.com refused the key",
    "git @ github.com",
    "npm i @acme/shop@1.2.3",
    "torch@2.0.1.dev",
    "uses actions/checkout@v4.1",
    "see www.stay-at-home.com for it",
    "https://shop.example.com/at/help.de/x",
    "look |at| this . com",
    "follow @acme.shop on LIVE",
    "look at figure (a) example.one",
    "x y z @ a b c d",
    "hyphen-at-word.com is a page",
)

PAYMENT_ADDRESSES = (
    "rahul@okhdfcbank",
    "9876543210@ybl",
    "rahul.k-1@paytm",
    "RAHUL@OKSBI",
    "upi://pay?pa=rahul@ybl&pn=Rahul",
    "my UPI id is rahul@newbank",
    "UPI ID: rahul@xyz",
    "vpa rahul@abcxyz",
    "rahul at the rate okicici",
    "pay to rahul@upi.",
    "UPI: rahul @ ybl",
    "send to rahul@ybl, thanks",
    "upi id rahul at okaxis",
)

NO_PAYMENT_ADDRESSES = (
    "follow @paytm",
    "meet @upi",
    "rahul@someone",
    "support @paytm is slow",
    "paid at paytm",
    "upi payment failed at paytm",
    "pay with upi at store",
)

PARTS = (
    "ana",
    "maria",
    "example",
    "gmail",
    "yahoo",
    "bücher",
    "иван",
    "пример",
    "用户",
    "例子",
    "tom",
    "bob",
    "eve",
    "brien",
    "192.",
)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_replaced_in_every_disguise(text: str) -> None:
    """Neither name nor domain is left."""
    redacted = redact(text)
    assert redacted.counts.get("EMAIL", 0) >= 1
    left = redacted.text.lower().replace('"ana"', "").replace("[email]", "")
    assert not [part for part in PARTS if part in left], redacted.text


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_about_a_place_or_a_price_is_no_address(text: str) -> None:
    """What customers write with "at", "dot" and the sign itself stays."""
    assert redact(text).text == text


@pytest.mark.parametrize("text", PAYMENT_ADDRESSES)
def test_a_upi_address_is_replaced(text: str) -> None:
    """Known handles count everywhere, other handles where the address is announced."""
    redacted = redact(text)
    assert redacted.counts == {"UPI": 1}
    assert "rahul" not in redacted.text.lower().replace("pn=rahul", "")


@pytest.mark.parametrize("text", NO_PAYMENT_ADDRESSES)
def test_a_mention_is_no_upi_address(text: str) -> None:
    """Mentions of apps and of creators stay."""
    assert redact(text).text == text


def test_the_next_sentence_is_no_domain() -> None:
    """The domain .my is that of Malaysia, and "My policy" after an address begins the next sentence."""
    assert (
        redact("Send it to ana@example.com. My policy number is 15810").text
        == "Send it to [EMAIL]. My policy number is 15810"
    )
    assert redact("digit@example.com, info@example.com").text == "[EMAIL], [EMAIL]"


def test_an_address_at_a_banks_domain_is_email() -> None:
    """A handle that goes on as a domain belongs to an e-mail address."""
    assert redact("rahul@okhdfcbank.com").text == "[EMAIL]"


@pytest.mark.parametrize("piece", ["@", "a@", "a@a.", "at ", "dot ", "a at a dot ", "[at]", "(a)", '"a"@', ".", "a.b@"])
def test_texts_of_a_megabyte_are_searched_for_addresses(piece: str) -> None:
    """The search ends on long runs of what addresses consist of, and finds the address after them."""
    text = piece * (100_000 // len(piece)) + "\n\nana@example.com"
    assert redact(text).text.endswith("\n\n[EMAIL]")
