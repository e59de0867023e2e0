"""Standard sentences are found by their repetition in different tickets."""

import gzip
import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text import ticket_text, to_plain
from models.text.macros import FEWEST_TICKETS, Macro, MacroCounter

SUBJECTS = ("card", "refund", "parcel", "invoice", "login", "voucher", "delivery", "receipt", "password", "app")
TROUBLES = (
    "is missing",
    "was declined",
    "does not work",
    "came twice",
    "shows an error",
    "was never sent",
    "is wrong",
    "got lost",
)
PLACES = (
    "in the shop",
    "on my phone",
    "since Monday",
    "for a week",
    "at the till",
    "after the update",
    "in Lisbon",
    "at night",
)


def complaints(number: int, seed: int = 1) -> list[str]:
    """Complaints that differ in their words."""
    random = Random(seed)
    return [
        f"My {random.choice(SUBJECTS)} {random.choice(TROUBLES)} {random.choice(PLACES)}. It happened with order {at}, "
        f"and the {random.choice(SUBJECTS)} {random.choice(TROUBLES)} too."
        for at in range(number)
    ]


def learned(texts: list[str]) -> list[Macro]:
    """What a counter finds."""
    counter = MacroCounter()
    for text in texts:
        counter.add(text)
    return counter.macros()


def test_standard_sentences_are_learned_with_numbers_and_names_left_open():
    """What many different tickets contain word for word is a macro; it is kept up to the number or name that varies."""
    texts = complaints(400)
    for at in range(0, 400, 4):
        texts[at] = (
            f"Dear Customer {at}, hello.\n{texts[at]} Please note that our desk is closed on all public holidays."
        )
        texts[at + 1] += f" Your reference in our system is {at * 7 + 1000} and will be valid for a week."
        texts[at + 2] += (
            f" This form was written with the help of {('Ana', 'Omar', 'Lee')[at % 3]} Example in the shop."
        )
    assert learned(texts) == [
        Macro("please note that our desk is closed on all public holidays.", 100),
        Macro("this form was written with the help of", 100),
        Macro("your reference in our system is", 100),
    ]


def test_learned_macros_are_removed_from_the_embedded_text():
    """Sentences that begin like a learned macro are left out, as those of the setting are."""
    macros = [
        one.beginning
        for one in learned([f"{one} Please note that our desk is closed on holidays." for one in complaints(60)])
    ]
    text = "The till is dead. Please note that our desk is closed on holidays."
    assert ticket_text("", text, macros) == "The till is dead."


@pytest.mark.parametrize(
    "repeated",
    [
        ["The terminal in my shop shows an error again. Please repair it at once."] * 500,
        ["The terminal in my shop shows an error again and again."] * 500,
        [f"The terminal in my shop shows an error again. Order {at}." for at in range(500)],
        [f"Reset my password right now please, thank you all. {('Ok.', 'Yes!', 'Bye')[at % 3]}" for at in range(500)],
    ],
    ids=["whole texts", "single sentences", "texts that differ in numbers", "texts that differ in a word"],
)
def test_a_repeated_complaint_is_no_macro(repeated):
    """However many customers write the same text, it is their complaint."""
    assert learned(complaints(500) + repeated) == []


def test_a_sentence_about_one_topic_is_no_macro():
    """A sentence whose tickets share words that are rare elsewhere is about their problem: a surge writes alike."""
    random = Random(2)
    surge = [
        f"The terminal in my shop shows error twelve again. At till {at} in {random.choice(PLACES)} printed {random.choice(SUBJECTS)} "
        f"{random.choice(TROUBLES)} and the scanner {random.choice(TROUBLES)}."
        for at in range(80)
    ]
    assert learned(complaints(500) + surge) == []


def test_rare_sentences_are_no_macros():
    """Below twenty tickets nothing is learned."""
    few = [f"{one} Please note that our desk is closed on holidays." for one in complaints(FEWEST_TICKETS - 1)]
    assert learned(few) == []


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_macros_do_not_depend_on_the_order_of_tickets(random):
    """Tickets in any order teach the same."""
    texts = [
        f"{one} Please note that our desk is closed on holidays." if at % 3 else one
        for at, one in enumerate(complaints(120))
    ]
    expected = learned(texts)
    random.shuffle(texts)
    assert learned(texts) == expected != []


def test_counting_is_bounded():
    """With room for few sentences a frequent macro is found among many that occur once."""
    counter = MacroCounter(capacity=200)
    for at, text in enumerate(complaints(3000)):
        counter.add(f"{text} Please note that our desk is closed on holidays." if at % 2 else text)
    assert [one.beginning for one in counter.macros()] == ["please note that our desk is closed on holidays."]


@pytest.mark.parametrize("replay", [1, 2])
def test_the_replays_of_customers_texts_have_no_macros(shared_data, replay):
    """Twenty-eight thousand questions of customers, many of them repeated, teach nothing."""
    with gzip.open(shared_data / "replays" / f"banking-{replay}.jsonl.gz", "rt", encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    assert learned([to_plain(one["data"]["body"]) for one in events if one["type"] == "ticket.created"]) == []
