"""Names and evidence of themes."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction import text as features

from models.embedding import HashingEmbedder
from models.themes import Namer, ThemeName, name_themes, representatives
from models.themes.naming import stop_words
from models.themes.naming.wording import headline, is_denied
from models.themes.naming.words import BREAK, spell, split

START = datetime(2026, 9, 1, tzinfo=UTC)
REFUNDS = [
    "I cancelled and my refund has not arrived",
    "Refund not arrived after cancel",
    "Hello, my refund hasn't arrived",
]
LOGINS = [
    "Cannot log in since the update",
    "Password reset mail does not come",
    "The password reset link is dead",
]
PAYOUTS = [
    "Creator payout is pending for [DATE]",
    "My payout still pending, card [CARD]",
    "payout pending 3 weeks",
]


def test_names_describe_what_a_theme_is_about():
    """The phrase and the keywords come from what is frequent in the theme and rare elsewhere."""
    names = name_themes({1: REFUNDS, 2: LOGINS, 3: PAYOUTS})
    assert names[1].name == "Refund not arrived"
    assert "password" in names[2].name.lower()
    assert names[3].name == "Payout pending"
    assert "payout" in " ".join(names[3].keywords)


def test_names_contain_no_placeholders_and_no_numbers():
    """Redaction placeholders and digits never reach a name or a keyword."""
    for theme in name_themes({1: REFUNDS, 2: LOGINS, 3: PAYOUTS}).values():
        assert not re.search(r"[\d\[\]]|\bdate\b", " ".join((theme.name, *theme.keywords)), re.IGNORECASE)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.integers(1, 40), st.lists(st.text(max_size=40), max_size=4), max_size=6),
    st.text(max_size=10),
)
def test_names_are_unique_and_in_no_order(documents, pinned):
    """Any texts, even empty ones: each theme gets a name of its own, free of digits, whatever the order."""
    names = name_themes(documents, taken=[pinned])
    assert set(names) == set(documents)
    lowered = [theme.name.casefold() for theme in names.values()]
    assert len({*lowered, pinned.casefold()}) == len(lowered) + 1
    assert not any(character.isdigit() for name in lowered for character in name)
    assert all(len(theme.keywords) <= 10 for theme in names.values())
    assert name_themes(dict(reversed(documents.items())), taken=[pinned]) == names


def test_similar_themes_get_two_names():
    """Two themes with the same texts get different names."""
    names = name_themes({1: REFUNDS, 2: REFUNDS})
    assert names[1].name != names[2].name


def centres(documents):
    """Mean vectors of the documents, by the embedder that names are ranked with."""
    return {theme: HashingEmbedder().embed(texts).astype(np.float64).mean(axis=0) for theme, texts in documents.items()}


def test_earlier_calls_change_no_name():
    """With an embedder names are the same whatever was named before, in any order of themes."""
    documents = {1: REFUNDS, 2: LOGINS, 3: PAYOUTS}
    busy = Namer(HashingEmbedder)
    busy.name({9: ["arrived refund reset", "zebra payout"], 8: LOGINS[::-1]}, centres=centres({8: LOGINS}))
    fresh = Namer(HashingEmbedder).name(documents, centres=centres(documents))
    backwards = dict(reversed(documents.items()))
    assert busy.name(backwards, centres=centres(backwards)) == fresh
    assert busy.name(documents, centres=centres(documents), only=[2]).keys() == {2}


@given(read=st.permutations(["declined", "expired", "refused", "stolen"]))
@settings(max_examples=24, deadline=None)
def test_words_that_follow_equally_often_are_chosen_from_in_one_order(read):
    """A name is lengthened by the same one of several words that follow it equally often, in whatever order words were read before."""
    documents = {1: ["gift card expired", "my gift card declined"] * 6, 2: LOGINS * 4}
    near = centres(documents) | {1: HashingEmbedder().embed(["gift card"])[0]}
    busy = Namer(HashingEmbedder)
    busy.name({1: [" ".join(read)] * 2})
    names = busy.name(documents, centres=near)
    assert names == Namer(HashingEmbedder).name(documents, centres=near)
    assert names[1].name == "Gift card declined"


def test_texts_in_another_script_before_change_no_name():
    """Phrases of a script without spaces are longer; that one was read before changes nothing for texts in others."""
    documents = {1: REFUNDS, 2: LOGINS, 3: PAYOUTS}
    busy = Namer(HashingEmbedder)
    busy.name({1: ["退款还没有到账", "我的退款没有到账"] * 3})
    assert busy.name(documents) == Namer(HashingEmbedder).name(documents)


def test_a_name_is_kept_until_another_is_clearly_better():
    """A name that tickets still use is kept though another one would be chosen now; one that no ticket uses is replaced."""
    again = ["Refund not arrived yet", "the refund not arrived", "where is my missing refund"] * 5
    missing = ["where is my missing refund", "missing refund please", "refund not arrived"] * 5
    first = name_themes({1: again, 2: LOGINS})
    assert first[1].name == "Refund not arrived"
    kept = Namer().name({1: missing, 2: LOGINS}, current=first)
    gone = Namer().name({1: ["coins vanished today", "my coins vanished"] * 9, 2: LOGINS}, current=first)
    assert kept[1].name == "Refund not arrived"
    assert set(kept[1].keywords) & set(first[1].keywords)
    assert "coins vanished" in gone[1].name.lower()


def test_a_current_name_is_replaced_where_people_pinned_it_elsewhere():
    """What people pinned elsewhere is not repeated, also not in another order of its words."""
    current = {1: ThemeName("Refund not arrived", ())}
    name = Namer().name({1: REFUNDS, 2: LOGINS}, taken=["Arrived not refunds"], current=current)[1].name
    assert sorted(name.lower().split()) != ["arrived", "not", "refund"]


@pytest.mark.parametrize(
    ("texts", "phrase"),
    [
        (["退款还没有到账", "我的退款还没有到账", "请问退款还没有到账怎么办"], "退款还没有到账"),
        (["返金がまだ届きません", "先週の返金がまだ届きません"], "返金がまだ届き"),
        (["ฉันยังไม่ได้รับเงินคืน", "ยังไม่ได้รับเงินคืนเลย"], "เงินคืน"),
        (["لم يصل المبلغ المسترد", "المبلغ المسترد لم يصل بعد"], "المبلغ المسترد"),
        (["возврат не пришёл", "мой возврат не пришёл уже неделю"], "возврат не пришёл"),
        (["मेरा रिफंड नहीं आया", "रिफंड नहीं आया अभी तक"], "रिफंड नहीं आया"),
        (["환불이 아직 안 왔어요", "제 환불이 아직 안 왔어요"], "환불이 아직"),
        (["Rückerstattung nicht angekommen", "Meine Rückerstattung nicht angekommen!"], "rückerstattung nicht"),
    ],
)
def test_names_in_other_scripts(texts, phrase):
    """Scripts with marks or without spaces get complete phrases, not fragments of words."""
    found = name_themes({1: texts * 5, 2: LOGINS})[1]
    assert phrase in found.name.lower()
    assert any(phrase[:2] in keyword for keyword in found.keywords)


def test_words_that_every_theme_uses_are_no_names():
    """Function words of a language without a list of them are found by their even spread."""
    subjects = ["karte", "konto", "münzen", "auszahlung", "passwort", "rechnung", "paket", "rabatt", "spende", "abo"]
    troubles = [
        "fehlt",
        "gesperrt",
        "verschwunden",
        "hängt",
        "vergessen",
        "falsch",
        "verloren",
        "ungültig",
        "doppelt",
        "gekündigt",
    ]
    documents = {
        at: [f"meine {subject} ist {trouble}", f"ist die {subject} {trouble}", f"warum ist meine {subject} {trouble}"]
        * 4
        for at, (subject, trouble) in enumerate(zip(subjects, troubles, strict=True), 1)
    }
    for theme, found in name_themes(documents).items():
        words = found.name.lower().split()
        assert (words[0], words[-1]) == (subjects[theme - 1], troubles[theme - 1])
        assert not set(found.keywords) & {"meine", "ist", "warum"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("I was charged a fee for withdrawing the cash", "charged fee for withdrawing cash"),
        ("my refund has not arrived", "refund not arrived"),
        ("I still haven't received my refund", "refund still not received"),
        ("the card's PIN has been blocked", "card's PIN blocked"),
        ("my card keeps being declined", "card keeps being declined"),
        ("the ATM gave me the wrong amount of cash", "ATM gave wrong amount of cash"),
        ("cant log in to the app", "cannot log in to app"),
        ("customers have to verify their identity", "customers have to verify identity"),
        ("nearest ATM's", "nearest ATMs"),
        ("has my card been delivered", "card delivered"),
        ("why won't my top up work", None),
        ("payment could not be completed", "payment could not be completed"),
        ("places that would accept my card", None),
        ("the choice between Visa and Mastercard", None),
        ("did my refund arrive", None),
        ("why hasn't my refund arrived", None),
        ("a choice of either Visa or", None),
        ("there is a payment I don't recognise", "payment I don't recognise"),
        ("a transfer that i have never made", "transfer I have never made"),
        ("a charge which we did not agree to", "charge which we did not agree"),
        ("refund J arrived", None),
        (f"refund {'x' * 31} arrived", None),
    ],
)
def test_a_name_is_written_as_a_headline(text, written):
    """A phrase keeps its prepositions and loses its articles; what is no phrase of its own, or says who writes, is no name."""
    spelling = spell(text)
    words = [at for at, word in enumerate(spelling.words) if word != BREAK]
    found = headline(spelling, words[0], words[-1])
    assert (None if found is None else " ".join(found)) == written


@pytest.mark.parametrize(
    "text",
    [
        "in my account I don't see the refund",
        "my payment, I don't recognise",
        "when i log in i cannot pay the bill",
        "it fails and I don't know",
    ],
)
def test_what_a_person_denies_of_another_thing_is_no_phrase(text):
    """A verb with an object of its own, or after a break or a function word, does not continue the phrase before "I"."""
    assert BREAK in split(text)[:-1]


@pytest.mark.parametrize(
    ("text", "first", "denied"),
    [
        ("why isn't my deposit showing up", 1, True),
        ("I did not receive the right amount", 1, True),
        ("there is no refund for my order", 1, True),
        ("my deposit is showing up", 0, False),
        ("It doesn't work. My card was rejected", 2, False),
        ("I can't see it, but the card arrived", 2, False),
    ],
)
def test_a_phrase_after_a_negation_says_the_opposite(text, first, denied):
    """A negation counts up to the next word with a meaning, and ends at a break and at a word that opens a clause."""
    words = [at for at, word in enumerate(spell(text).words) if word != BREAK]
    assert is_denied(spell(text), words[first]) == denied


def test_no_name_says_the_opposite_of_the_tickets():
    """What most tickets deny is no name without the negation, and a current name of that kind does not stay."""
    documents = {
        1: ["why isn't my cheque deposit visible", "how come my cheque deposit isn't visible", "no cheque deposit visible"] * 4,
        2: LOGINS, 3: PAYOUTS,
    }  # fmt: skip
    for current in ({}, {1: ThemeName("Cheque deposit visible", ())}):
        found = Namer(HashingEmbedder).name(documents, centres=centres(documents), current=current)[1].name.lower()
        assert "cheque deposit" in found
        assert "visible" not in found or "not" in found or "no " in found


class EndsOnAdjective(HashingEmbedder):
    """Finds that phrases which end on "virtual" mean the first theme best."""

    def embed(self, texts):
        """Return one of two directions for each text."""
        found = np.zeros((len(texts), self.dimensions), np.float16)
        for row, text in enumerate(texts):
            found[row, 0 if text.endswith("virtual") else 1] = 1
        return found


def test_a_name_does_not_end_before_its_noun():
    """A phrase that mostly goes on with one more word is named with that word."""
    documents = {
        1: [f"there is a disposable virtual card {end}" for end in ("please", "at home", "now", "")] * 3,
        2: ["card declined at the shop", "the card is declined"] * 3,
    }
    near = {1: np.eye(384)[0], 2: np.eye(384)[1]}
    assert Namer(EndsOnAdjective).name(documents, centres=near)[1].name == "Disposable virtual card"


def test_a_name_keeps_what_people_deny_of_a_thing():
    """Where a relative clause says what is wrong, it is part of the name."""
    documents = {
        1: ["there is a withdrawal I did not make", "I see a withdrawal that I did not make!", "a withdrawal I did not make"] * 3,
        2: ["a withdrawal is pending", "my withdrawal is still pending", "pending withdrawal for a week"] * 3,
        3: LOGINS,
    }  # fmt: skip
    assert name_themes(documents)[1].name == "Withdrawal I did not make"


@given(st.text(max_size=60))
def test_a_text_is_spelled_as_it_is_split(text):
    """Each word of a text is written by at least one of its tokens, in the order of the text."""
    spelling = spell(text)
    assert spelling.words == split(text)
    owners = [owner for owner in spelling.owners if owner >= 0]
    assert {at for at, word in enumerate(spelling.words) if word != BREAK} == set(owners)
    assert owners == sorted(owners)
    assert len(spelling.owners) == len(spelling.written) == len(spelling.lowered)


FLIGHTS = [
    f"{opener} a cheap flight to {city} {end}"
    for opener in ("book", "find me", "i need")
    for city in ("London", "tokyo", "Chicago", "Lisbon")
    for end in ("on Monday", "in march", "for Sarah", "with Foolair")
]
HEADPHONES = [f"my {item} arrived broken" for item in ("Quux Earbuds", "lamp", "toaster", "dress") for _ in range(6)]


def test_names_hold_nothing_that_only_some_tickets_share():
    """No given name, weekday, month, place or brand is in a name unless a third of the tickets share it."""
    both = {
        1: [f"{text} for Sarah" for text in FLIGHTS],
        2: HEADPHONES,
        3: ["Pix payment pending in Brazil", "Brazil pix pending"] * 9,
    }
    named = name_themes(both)
    words = {theme: set(one.name.casefold().split()) for theme, one in named.items()}
    assert not words[1] & {"london", "tokyo", "chicago", "lisbon", "monday", "march", "sarah", "foolair"}
    assert {"cheap", "flight"} <= words[1]
    assert not words[2] & {"quux", "earbuds"}
    assert words[3] & {"pix", "brazil"}
    assert not {"sarah", "march", "monday"} & set(" ".join(named[1].keywords).split())


def test_few_themes_are_named_after_what_is_central():
    """Where there is one theme alone, every name would mean it: the one that most tickets are close to is chosen."""
    texts = ["my refund has not arrived", "refund not arrived yet", "the refund has not arrived, says the bank"] * 4
    named = Namer(HashingEmbedder).name({1: [*texts, "bank holiday today"]}, centres=centres({1: texts}))
    assert named[1].name == "Refund not arrived"


ZOE = "Zorbina Quux is my name and my refund has not arrived"


def test_names_contain_no_phrase_of_one_person_alone():
    """However often one person writes a word, it is in no name and no keyword; the words of two are; a current name with it goes."""
    documents = {1: [ZOE] * 9 + REFUNDS, 2: LOGINS}
    one = {1: ["zoe"] * 9 + ["ana", "bo", "cy"], 2: ["dee", "eve", "flo"]}
    two = {1: ["zoe"] * 8 + ["zac", "ana", "bo", "cy"], 2: one[2]}
    everyone = Namer().name(documents, persons=two)
    assert "zorbina quux" in " ".join([everyone[1].name, *everyone[1].keywords]).casefold()
    for current in ({}, everyone):
        named = Namer().name(documents, persons=one, current=current)[1]
        assert not {"zorbina", "quux"} & set(" ".join([named.name, *named.keywords]).casefold().split())
        assert "refund" in named.name.casefold()


@pytest.mark.parametrize(
    ("script", "name"), [("{} 退款一直没有到账", "田中花子"), ("{} возврат денег не пришел", "Зорбина Квукс")]
)
def test_names_of_persons_stay_out_in_other_scripts(script, name):
    """Also where no spaces separate words, the characters of one person's name are in no name."""
    texts = [script.format("")] * 6 + [script.format(name)] * 6
    persons = {1: [f"p{number}" for number in range(6)] + ["one"] * 6, 2: ["x", "y", "z"]}
    named = Namer().name({1: texts, 2: LOGINS}, persons=persons)[1]
    assert name.casefold() not in " ".join([named.name, *named.keywords]).casefold()


def test_names_of_hostile_texts():
    """50,000 characters, emoji alone, one ticket, ten thousand copies: each theme is named."""
    documents = {
        1: ["refund " + "late " * 9_000],
        2: ["😡😡", "💳"],
        3: ["Coins vanished"],
        4: ["Gift card locked"] * 10_000,
    }
    names = name_themes(documents)
    assert len({one.name for one in names.values()}) == 4
    # The words of one ticket alone may be its writer's name.
    assert names[3].name == "Wordless tickets c"
    assert "locked" in names[4].name.lower()


def test_representatives_show_centre_newest_and_edge():
    """The first is the most central, and an outlier is not taken as the recent one."""
    random = np.random.default_rng(0)
    rows = np.array([1.0, 0.0, 0.0]) + 0.2 * random.standard_normal((40, 3))
    rows[39] = [0.0, 0.0, 1.0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chosen = representatives(rows, [START + timedelta(hours=n) for n in range(40)])
    closeness = rows @ rows.mean(axis=0)
    assert len(set(chosen)) == 5
    assert chosen[0] == int(np.argmax(closeness))
    assert chosen[1] > 30
    assert 39 not in chosen


@pytest.mark.parametrize(("distinct", "expected"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 5)])
def test_representatives_are_distinct_tickets(distinct, expected):
    """Copies are shown once, and a small theme shows what it has."""
    rows = np.repeat(np.eye(12)[:distinct], 4, axis=0)
    times = [START] * len(rows)
    chosen = representatives(rows, times)
    assert len(chosen) == expected
    assert len({tuple(rows[row]) for row in chosen}) == expected


def test_the_stop_words_are_the_usual_ones():
    """The list of stop words is scikit-learn's."""
    assert stop_words.ENGLISH_STOP_WORDS == features.ENGLISH_STOP_WORDS
