"""The text that is embedded."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import ticket_text, to_plain


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("My card was swall", "My card was swallowed by the machine", "My card was swallowed by the machine"),
        ("My card was swall...", "my card was  swallowed", "my card was swallowed"),
        ("Refund missing", "I cancelled on Monday", "Refund missing. I cancelled on Monday"),
        ("Where is it?", "I cancelled on Monday", "Where is it? I cancelled on Monday"),
        ("Refund", "Hello team, where is my money?", "Refund. where is my money?"),
        ("", "only a body", "only a body"),
        ("only a title", "", "only a title"),
        ("", "", ""),
        ("Hi", "Hi there!", "Hi there!"),
        ("Still", "No answer.\n> old words\nOn Mon, 2 Nov Ann wrote:\nolder words", "Still. No answer."),
        ("Late", "Where is it?\nBest regards,\nAnn Example\nSales", "Late. Where is it?"),
        ("Late", "Where is it?\n-- \nAnn\n+1 555", "Late. Where is it?"),
        ("Late", "Where is it?\n\nSent from my iPhone", "Late. Where is it?"),
        ("Late", "Best regards to all! Where is it?", "Late. Best regards to all! Where is it?"),
        ("Late", "No. Regards. Please refund", "Late. No. Regards. Please refund"),
        ("", "Guten Tag, mein Geld fehlt. Mit freundlichen Grüßen\nHans", "mein Geld fehlt."),
        ("", "Bonjour, où est mon argent ?\nCordialement,\nAnne", "où est mon argent ?"),
        ("", "Hola equipo, falta mi reembolso. Saludos", "falta mi reembolso."),
        ("", "Здравствуйте! Где деньги?\nС уважением,\nИван", "Где деньги?"),
        ("", "您好，退款还没有到账。", "退款还没有到账。"),
        ("", "مرحبا، أين أموالي؟", "أين أموالي؟"),
        ("", "Fehlt noch.\nAm 3. Mai 2026 um 10:00 schrieb Anna:\nalt", "Fehlt noch."),
        ("", "Lost it.\n-----Original Message-----\nold", "Lost it."),
        ("", "Thank you for contacting us. A member of our team will reply. Lost 3.5 kg! Help.", "Lost 3.5 kg! Help."),
        ("", "Thank you for contacting us.", "Thank you for contacting us."),
        ("History", "High fees were taken", "History. High fees were taken"),
    ],
)
def test_title_and_body_become_one_text(title, body, expected):
    """A title cut from the body adds nothing; greetings and quotations are set aside."""
    assert ticket_text(title, body) == expected


def test_macros_are_a_setting():
    """Sentences that begin like a macro are set aside, others stay; without macros all stay."""
    body = "We value your feedback. My coins are gone."
    assert ticket_text("", body, ["we value your"]) == "My coins are gone."
    assert ticket_text("", body, []) == body


@pytest.mark.parametrize(
    "part",
    [
        "wrote: On ",
        "regards,\n",
        "> ",
        "-- \n",
        "thank you for contacting ",
        ".!?",
        "\t \n",
        "Am schrieb ",
        "From: x\n",
    ],
)
def test_setting_aside_is_quick_on_hostile_texts(part):
    """50,000 characters of what the patterns look for take no time to speak of; quadratic ones would take minutes."""
    begun = process_time()
    ticket_text("t", (part * 50_000)[:50_000])
    assert process_time() - begun < 3


@given(st.text(max_size=200), st.text(max_size=200))
def test_words_are_never_lost_altogether(title, body):
    """A ticket that says anything visible keeps a text, with its spaces made single."""
    text = ticket_text(title, body)
    assert bool(text) == bool((to_plain(title) + to_plain(body)).strip())
    assert text == " ".join(text.split())
