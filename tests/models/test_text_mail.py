"""Mails: whose words are embedded, in the languages of the common mail programs."""

# ruff: noqa: E501 (the width of a line of Chinese is counted double)

import csv
import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import customers_words, ticket_text

PROBLEM = "The card reader at till 4 declines every Visa card."

FORWARD_HEADS = {
    "gmail": "---------- Forwarded message ---------\nFrom: Ana <ana@x.example>\nDate: Tue, 3 Nov 2026 at 10:00\nSubject: till\nTo: <h@x.example>\n\n\n",
    "gmail, German": "---------- Forwarded message ---------\nVon: Ana <ana@x.example>\nDate: Di., 3. Nov. 2026\nSubject: Kasse\nTo: <h@x.example>\n\n",
    "gmail, Chinese": "---------- Forwarded message ---------\n发件人： 安娜 <[EMAIL]>\nDate: 2026年11月2日周一 16:11\nSubject: 收银\nTo: <[EMAIL]>\n\n",
    "yahoo": "----- Forwarded Message -----\nFrom: Ana <[EMAIL]>\nTo: help\nSent: Monday, November 2, 2026 at 04:11:00 PM\nSubject: till\n\n",
    "thunderbird": "-------- Weitergeleitete Nachricht --------\nBetreff: \tKasse\nDatum: \tMon, 2 Nov 2026\nVon: \tAna\nAn: \t[EMAIL]\n\n",
    "outlook": "________________________________\nFrom: Ana\nSent: Monday, November 2, 2026 4:11 PM\nTo: Helpdesk <[EMAIL]>\nSubject: till\n\n",
    "outlook, bold": "*From:* Ana\n*Sent:* Monday, November 2, 2026 4:11 PM\n*To:* Help\n*Subject:* till\n\n",
    "outlook, classic": "-----Ursprüngliche Nachricht-----\nVon: Ana\nGesendet: Montag, 2. November 2026\nAn: Hilfe\nBetreff: Kasse\n\n",
    "outlook, French": "De : Ana <[EMAIL]>\nEnvoyé : lundi 2 novembre 2026 16:11\nÀ : Support\nObjet : caisse\n\n",
    "outlook, Spanish": "De: Ana\nEnviado el: lunes, 2 de noviembre de 2026 16:11\nPara: Soporte\nAsunto: caja\n\n",
    "outlook, Portuguese": "De: Ana\nEnviado: segunda-feira, 2 de novembro de 2026\nPara: Suporte\nAssunto: caixa\n\n",
    "outlook, Italian": "Da: Ana\nInviato: lunedì 2 novembre 2026 16:11\nA: Aiuto\nOggetto: cassa\n\n",
    "outlook, Dutch": "Van: Ana\nVerzonden: maandag 2 november 2026 16:11\nAan: Hulp\nOnderwerp: kassa\n\n",
    "outlook, Russian": "От: Ана\nОтправлено: 2 ноября 2026 г. 16:11\nКому: Помощь\nТема: касса\n\n",
    "outlook, Chinese": "发件人: 安娜\n发送时间: 2026年11月2日 16:11\n收件人: 帮助\n主题: 收银\n\n",
    "outlook, Japanese": "差出人: アナ\n送信日時: 2026年11月2日 16:11\n宛先: ヘルプ\n件名: レジ\n\n",
    "outlook, Korean": "보낸 사람: 아나\n보낸 날짜: 2026년 11월 2일 16:11\n받는 사람: 도움\n제목: 계산대\n\n",
    "outlook, Turkish": "Kimden: Ana\nGönderildi: 2 Kasım 2026 Pazartesi 16:11\nKime: Yardım\nKonu: kasa\n\n",
    "outlook, Polish": "Od: Ana\nWysłano: poniedziałek, 2 listopada 2026 16:11\nDo: Pomoc\nTemat: kasa\n\n",
    "outlook, Arabic": "من: آنا\nتاريخ: 2 نوفمبر 2026\nإلى: الدعم\nالموضوع: الصندوق\n\n",
    "outlook, Hindi": "प्रेषक: आना\nदिनांक: 2 नवंबर 2026\nप्रति: सहायता\nविषय: काउंटर\n\n",
    "apple": "Begin forwarded message:\n\n> From: Ana <[EMAIL]>\n> Subject: till\n> Date: 2 November 2026\n> To: [EMAIL]\n> \n> ",
    "apple, French": "Début du message transféré :\n\n> De: Ana\n> Objet: caisse\n> Date: 2 novembre 2026\n> À: h\n> \n> ",
}
COVER_NOTES = (
    "",
    "FYI\n\nDana Example\nAccount manager\n\n",
    "Please see below...\n\nDANA K. EXAMPLE\nCenter Manager\n+1 555 0100\n\n",
    "Can you look at this?\n\n-- \nDana\n\n",
    "Hi team,\n\nforwarding this from a customer, please advise.\n\nThanks,\nDana\n\n",
    "Bitte kümmern, danke\n\nDana Beispiel\nVertrieb\n\n",
    "Veuillez traiter, merci.\n\nCordialement,\nDana\n\n",
)
FORWARD_TITLES = (
    "Fwd: question",
    "FW: help",
    "WG:",
    "TR: question",
    "RV: ayuda",
    "Enc: dúvida",
    "I: aiuto",
    "转发: 问题",
    "Re: Fwd: Re: help",
    "",
)


@pytest.mark.parametrize("head", FORWARD_HEADS.values(), ids=FORWARD_HEADS)
@pytest.mark.parametrize("note", COVER_NOTES)
def test_a_forwarded_problem_is_the_text(head, note):
    """The message that was forwarded is embedded, without the names, greetings and closings of either of its writers."""
    mark = "> " if "> From" in head or "> De" in head else ""
    lines = ["Hello Team,", PROBLEM, "", "Best regards,", "Ana Example", "Shop assistant"]
    body = note + head + f"\n{mark}".join(lines)
    assert {ticket_text(title, body) for title in FORWARD_TITLES[:-1]} == {PROBLEM}


def test_the_title_of_a_forwarded_problem_is_used_where_it_says_something():
    """`Fw:` and its kin are removed, and the rest is kept unless it only says that there is a question."""
    body = "FYI\n" + FORWARD_HEADS["outlook"] + PROBLEM
    assert ticket_text("Fw: RE: Visa at the till", body) == f"Visa at the till. {PROBLEM}"
    assert ticket_text("[EXTERNAL] AW: Kasse 4", PROBLEM) == f"Kasse 4. {PROBLEM}"
    assert ticket_text("question", PROBLEM) == f"question. {PROBLEM}"
    assert ticket_text("Fwd:", "") == "Fwd:"
    assert ticket_text("Fwd: Visa declined", "FYI\n" + FORWARD_HEADS["outlook"]) == "Visa declined. till"


def test_a_title_without_words_is_left_out():
    """A title that is a picture adds nothing to the body."""
    assert ticket_text('<img src="x">', PROBLEM) == PROBLEM
    assert ticket_text('<img src="x">', "") == "[image]"


def test_a_forward_of_a_forward_is_followed_to_the_problem():
    """Cover notes are passed over, however many people forwarded the message."""
    body = (
        "FYI\n"
        + FORWARD_HEADS["outlook"]
        + "Please handle, thanks\n\nDana Example\nManager\n\n"
        + FORWARD_HEADS["gmail"]
        + PROBLEM
    )
    assert ticket_text("Fw: Fw:", body) == PROBLEM


def test_what_a_forwarder_says_about_the_problem_counts():
    """Whoever forwards a receipt and describes a problem with it has described the problem."""
    own = "I never received the blue jacket of this order and want my money back."
    body = f"{own}\n\n" + FORWARD_HEADS["gmail"] + "Thank you for your purchase. Your order 123 is on its way."
    assert ticket_text("Fwd: Your order", body) == f"Your order. {own}"


REPLY_HEADS = (
    "On Mon, 2 Nov 2026 at 10:00, Ana <[EMAIL]> wrote:",
    "On Mon, 2 Nov 2026 at 10:00, Ana Example of the second shop <\n[EMAIL]> wrote:",
    "Am Mo., 2. Nov. 2026 um 10:00 Uhr schrieb Ana <[EMAIL]>:",
    "Le lun. 2 nov. 2026 à 10:00, Ana <[EMAIL]> a écrit :",
    "El lun, 2 nov 2026 a las 10:00, Ana (<[EMAIL]>) escribió:",
    "Il giorno lun 2 nov 2026 alle ore 10:00 Ana <[EMAIL]> ha scritto:",
    "Em seg., 2 de nov. de 2026 às 10:00, Ana <[EMAIL]> escreveu:",
    "Op ma 2 nov 2026 om 10:00 schreef Ana <[EMAIL]>:",
    "пн, 2 нояб. 2026 г. в 10:00, Ana <[EMAIL]>:",
    "2 ноября 2026 г., 10:00 пользователь Ana <[EMAIL]> написал:",
    "Ana <[EMAIL]> 于2026年11月2日周一 10:00写道：",
    "2026年11月2日(月) 10:00 Ana <[EMAIL]>:",
    "2026년 11월 2일 (월) 오전 10:00, Ana <[EMAIL]>님이 작성:",
    "Ana <[EMAIL]>, 2 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "pon., 2 lis 2026 o 10:00 Ana <[EMAIL]> napisał(a):",
    "في الاثنين، 2 نوفمبر 2026 في 10:00 تمت كتابة ما يلي بواسطة Ana <[EMAIL]>:",
    "सोम, 2 नव॰ 2026 को 10:00 बजे Ana <[EMAIL]> ने लिखा:",
    "-----Original Message-----\nFrom: Ana\nSent: Monday",
    "##- Please type your reply above this line -##",
    "Bitte antworten Sie oberhalb dieser Linie",
)


@pytest.mark.parametrize("head", REPLY_HEADS)
def test_a_quoted_reply_is_read_only_where_ones_own_words_are_not_enough(head):
    """A sentence about the problem is enough; "any update?" is not, and then what it is about is read from the quotation."""
    older = "Our parcel 77 arrived broken and wet on Friday."
    enough = f"Where is my refund for the parcel?\n\n{head}\n\n{older}"
    assert ticket_text("Re: parcel", enough) == "parcel. Where is my refund for the parcel?"
    assert ticket_text("Re:", f"Any update?\n\n{head}\n\n{older}\n\nBest regards,\nAna") == older
    marked = "\n".join(f"> {line}" for line in older.split("\n"))
    assert ticket_text("", f"Any update?\n\n{head}\n\n{marked}") == older


def test_answers_below_a_quotation_are_ones_own_words():
    """What is written under the marked lines of a quotation is read like what is written above."""
    body = "On Mon, 2 Nov 2026 at 10:00, Desk <[EMAIL]> wrote:\n\n> Which till is it?\n\nIt is till 4 in the old shop, since noon."
    assert ticket_text("Re: till", body) == "till. It is till 4 in the old shop, since noon."


@pytest.mark.parametrize(
    "body",
    [
        "[EXTERNAL] {}",
        "CAUTION: This email originated from outside of the organization. Do not click links or open attachments.\n\n{}",
        "CAUTION: This email originated from outside of the organization. Do not click links unless you\nrecognize the sender.\n\n{}",
        "You don't often get email from ana@x.example. Learn why this is important<https://x.example/L>\n\n{}",
        "ACHTUNG: Diese E-Mail stammt von außerhalb der Organisation. Klicken Sie auf keine Links.\n{}",
        "##- Please type your reply above this line -##\n\n{}",
        "{}\n\n##- Please type your reply above this line -##\n\nYour request (123) was updated.",
        "{}\n\nThis email and any attachments are confidential and intended solely for the use of the individual\nto whom it is sent.",
        "{}\n\nPlease consider the environment before printing. If you are not the intended recipient, delete it.",
        "{} This e-mail is confidential and intended only for the addressee.",
        "{}\n\nDiese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie bitte.",
        "{}\n\nCe message et ses pièces jointes sont confidentiels.",
        "{}\n\nAVISO LEGAL: Este mensaje es confidencial.",
        "{}\n\nAna Lima\nHead of Operations\nShop Ltd.\n[PHONE]\nwww.shop.example",
        "{}\n\nThanks,\nAna",
        "{}\n\nVielen Dank!\nAna Beispiel",
        "{}\n\nSent from my Galaxy",
        "{}\n\nGet Outlook for iOS<https://x.example>",
        "{}\n\niPhoneから送信",
        "{}\n\nEnviado desde mi iPhone",
        "{}\n[cid:image001.png@01D]",
        "{}\n\niVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8\nw38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg00AAAAAAAABB\n",
    ],
)  # fmt: skip
def test_banners_notices_and_signatures_are_removed(body):
    """What gateways, law departments, mail programs and signatures add is not part of the problem."""
    assert ticket_text("", body.format(PROBLEM)) == PROBLEM


@pytest.mark.parametrize(
    "body",
    [
        "This email was not delivered to my customers.",
        "External cards are declined. Please help.",
        "I flew from: London\nto: Paris\nand was charged twice.",
        "The confidential report is missing in my account.",
        "My orders:\n\nBlue Jacket\nRed Shoes\n\nwere never delivered.",
        "If you have received my parcel, why is there no refund?",
        "Please think again about the fee for cash.",
    ],
)
def test_problems_that_resemble_a_form_stay(body):
    """Sentences about mails, confidential things and lists are no notices, banners or signatures."""
    assert ticket_text("", body) == " ".join(body.split())


def test_the_export_of_a_service_desk_is_embedded_as_its_problem(root):
    """Forwarded tickets of a CSV export: the customer's sentence, without the staff that passed it on."""
    text = (root / "tests" / "stream" / "cases" / "forwarded.csv").read_text(encoding="utf-8")
    texts = [ticket_text(row["title"], row["description"]) for row in csv.DictReader(StringIO(text))]
    assert texts == [
        "Gift cards. The scanner in store 12 reads no gift card since this morning.",
        "Our invoice for October shows the tax of another country.",
    ]


def test_the_forwards_among_noise_are_their_customers_words(shared_data):
    """In the shared case all forty forwards are embedded as the message of the customer, word by word."""
    path = shared_data.parent / "cases" / "16-noise.jsonl"
    if not path.exists():
        pytest.skip("The shared cases are missing: set GROUNDSWELL_SHARED_DATA to the data folder next to them.")
    events = [json.loads(line)["data"] for line in path.read_text(encoding="utf-8").splitlines()]
    forwards = [one for one in events if "Subject: question\n\nHello,\n" in one["body"]]
    assert len(forwards) == 40
    for one in forwards:
        assert ticket_text(one["title"], one["body"]) == " ".join(one["body"].split("Hello,\n")[1].split())


def test_a_forwarded_ticket_is_quoted_with_the_customers_words():
    """Quotes leave out the cover note and the names of those who passed a problem on; other tickets are quoted as they are."""
    body = COVER_NOTES[1] + FORWARD_HEADS["outlook"] + f"Hello Team,\n{PROBLEM}"
    assert customers_words("Fwd: question", body) == ("", PROBLEM)
    assert customers_words("Fw: Visa", body) == ("Visa", PROBLEM)
    assert customers_words("Fwd:", "") == ("Fwd:", "")
    plain = ("Visa", f"Hello,\n{PROBLEM}\n\nThanks,\nAna")
    assert customers_words(*plain) == plain


LINES = st.sampled_from(
    [
        *FORWARD_HEADS["outlook"].split("\n"), *FORWARD_HEADS["apple"].split("\n"), *REPLY_HEADS, PROBLEM, "FYI", "> old words", "-- ", "Thanks,",
        "Dana Example", "Account manager", "Best regards,", "[EXTERNAL]", "This email is confidential.", "Hello,", "", "Sent from my iPhone",
    ]
)  # fmt: skip


@given(st.sampled_from(FORWARD_TITLES), st.lists(LINES, max_size=12).map("\n".join))
def test_a_mail_always_keeps_a_text(title, body):
    """However a mail is put together, its text is single-spaced, and empty only where title and body are."""
    text = ticket_text(title, body)
    assert bool(text) == bool((title + body).strip())
    assert text == " ".join(text.split())
