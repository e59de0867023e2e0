"""Which language a text is in, what becomes of its words, and what is said about it."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.languages.writing import write_tickets
from models.embedding import HashingEmbedder
from models.embedding.cache import CachedEmbedder
from models.embedding.declared import DeclaredLanguages, languages_of_folder
from models.embedding.registry import Choice
from models.language.embed import embed_tickets, unread_language
from models.language.identify import identify
from models.language.names import language_name, primary_subtag
from models.language.sentences import unread_sentence
from models.language.words import word_vectors

ENGLISH = [
    "my card was declined again", "Refund?", "charged twice for order SO-4711", "I want to get a Visa", "Pending transfer?", "ok",
    "Can I get an actual card?", "where is my money", "top up failed", "I need my PIN unlocked.", "Do you accept Mastercard?",
]  # fmt: skip

NAMES = [
    "Giuseppe Rossi", "Nguyen Van An", "Fatima Al-Zahra Hassan", "Jürgen Müller", "José María García López", "Kanagasabapathy Iyer",
    "Siti Nurhaliza", "François Lefèvre",
]  # fmt: skip


def test_tickets_of_nine_languages_are_recognised():
    """Nearly all generated tickets in nine languages are recognised as such, most of them as their own language."""
    tickets = write_tickets(5, 6)
    found = [identify(one.text) for one in tickets]
    assert sum(one not in (None, "en") for one in found) >= 0.97 * len(tickets)
    assert sum(one == ticket.language for one, ticket in zip(found, tickets, strict=True)) >= 0.96 * len(tickets)


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_not_set_apart(text):
    """Short English texts are English or undecided, never another language."""
    assert identify(text) in (None, "en")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["{}", "Order {} 4711-22", "card of {} declined", "Hello, this is {}, where is my refund?"]
)
def test_names_and_numbers_do_not_decide(text, name):
    """A name of a person or an order number does not make an English text one of another language."""
    assert identify(text.format(name)) in (None, "en")


def test_marks_addresses_and_numbers_say_nothing():
    """What redaction left, addresses and numbers alone have no language."""
    for text in ("", "[EMAIL] [CARD]", "https://tienda.example/pedido/pago", "4711 22.50 ORD-9", "a@b.example", "?!"):
        assert identify(text) is None


def test_a_text_with_lone_surrogates_and_control_characters_is_read():
    """No text breaks the identifier."""
    assert identify("\x00\x01\ud800 mi tarjeta es rechazada al pagar \x7f") == "es"


@given(st.text(max_size=200), st.one_of(st.none(), st.text(max_size=12)))
def test_every_text_has_the_same_answer_twice(text, stated):
    """Any text and any field give an answer, the same one each time."""
    assert identify(text, stated) == identify(text, stated)


def test_the_field_decides_where_the_text_is_too_short():
    """The event's field counts where the text alone does not decide and can be of that language, also as a locale."""
    assert identify("kartu ditolak lagi") is None
    assert identify("kartu ditolak lagi", "id") == "id"
    assert identify("ayuda", "es-MX") == "es"
    assert identify("Refund?", "es") in (None, "en")


def test_the_text_decides_against_a_field():
    """A text that is clear overrules the field, and a short one that contradicts a field is undecided."""
    assert identify("Mi tarjeta es rechazada cada vez que intento pagar", "en") == "es"
    assert identify("my card is declined each time I try to pay", "es") == "en"
    assert identify("cupón no válido", "en") is None


def test_a_large_part_of_english_leaves_a_text_to_the_model():
    """English with a greeting in another language is English, and a Spanish text with an English product name is Spanish."""
    assert identify("Hola, my card was declined twice and I need help. Gracias") in (None, "en")
    assert identify("No puedo pagar, la tarjeta sale rechazada en Blue Ridge Outfitters") == "es"


def test_a_script_speaks_for_itself():
    """One word in another script is enough, whatever brand is written in Latin letters next to it."""
    assert identify("退款") == "zh"
    assert identify("LIVEの収益を出金できません。") == "ja"
    assert identify("คูปองใช้ไม่ได้ที่ Blue Ridge Outfitters") == "th"
    assert identify("Привет") == "ru"


def test_only_what_the_model_does_not_read_is_unread():
    """A model that reads all languages, or the ticket's, leaves no ticket aside; undecided tickets are left to it."""
    text = "Me cobraron dos veces el mismo pedido"
    assert unread_language(text, None, None) is None
    assert unread_language(text, None, frozenset({"en", "es"})) is None
    assert unread_language(text, None, frozenset({"en"})) == "es"
    assert unread_language("SO-4711", None, frozenset({"en"})) is None


def test_unread_tickets_get_vectors_of_their_words():
    """The model embeds what it reads; the others get unit vectors of their words, whatever comes with them."""
    model = DeclaredLanguages(HashingEmbedder(), ("en",))
    texts = ["my card was declined again", "Me cobraron dos veces el mismo pedido", "where is my refund"]
    vectors, languages = embed_tickets(CachedEmbedder(model), texts, [None, None, "en"])
    assert languages == [None, "es", None]
    assert np.array_equal(vectors[[0, 2]], HashingEmbedder().embed([texts[0], texts[2]]))
    assert np.array_equal(vectors[1], word_vectors([texts[1]], ["es"])[0])
    assert np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1.0, atol=2e-3)


def test_words_compare_within_their_language():
    """Texts of one language that share words are similar, those of two languages are not, even if they are written alike."""
    same = word_vectors(["cupom inválido", "o cupom não funciona", "cupom inválido"], ["pt", "pt", "es"]).astype(float)
    assert same[0] @ same[1] > 0.3
    assert abs(same[0] @ same[2]) < 0.2


def test_numbers_and_brands_do_not_make_texts_alike():
    """Order numbers, redaction marks, and Latin words in a text of another script are no words of the problem."""
    one, other = "สวัสดี SO-11 [EMAIL] Blue Ridge", "สวัสดี SO-77 Lumen Store"
    assert np.array_equal(*word_vectors([one, other], ["th", "th"]))


def test_a_text_without_words_has_a_vector():
    """A text of nothing but a number has a unit vector, too."""
    assert np.isclose(np.linalg.norm(word_vectors(["4711"], ["es"])[0].astype(float)), 1.0, atol=2e-3)


def test_problems_are_nearer_than_chance_in_every_language():
    """Nearest texts by words are of the same problem at least twice as often as by chance."""
    tickets = write_tickets(9, 8)
    for language in sorted({one.language for one in tickets}):
        some = [one for one in tickets if one.language == language]
        vectors = word_vectors([one.text for one in some], [language] * len(some)).astype(np.float64)
        centred = vectors - vectors.mean(axis=0)
        similar = (centred / np.linalg.norm(centred, axis=1, keepdims=True)) @ centred.T
        np.fill_diagonal(similar, -np.inf)
        problems = np.array([one.problem for one in some])
        same = problems[np.argsort(-similar, axis=1)[:, :5]] == problems[:, None]
        assert same.mean() > 2 / 6


def test_names_of_languages():
    """Languages have English names, locales their primary subtag, and languages that are recognised as one a common name."""
    assert [language_name(code) for code in ("es", "ja", "id", "x-unknown")] == [
        "Spanish", "Japanese", "Indonesian or Malay", "x-unknown",
    ]  # fmt: skip
    assert [primary_subtag(one) for one in ("pt-BR", "pt_BR.UTF-8", " DE ")] == ["pt", "pt", "de"]


def test_the_sentence_counts_languages_and_says_what_to_do():
    """The languages are counted, most first, with the advice; nothing is said where there is none."""
    said = unread_sentence({"ja": 3, "es": 12})
    assert said.startswith(
        "15 tickets are in languages that the embedding model does not read (Spanish 12, Japanese 3)"
    )
    assert "multilingual" in said
    assert unread_sentence({}) == unread_sentence({"es": 0}) == ""
    assert "others 2" in unread_sentence(dict.fromkeys(["es", "pt", "de", "fr", "it", "nl", "ja", "th", "vi"], 2))


def test_the_languages_of_a_folder_are_those_of_its_card(tmp_path):
    """A model card names the languages; without one, or with `multilingual`, the model is taken to read all."""
    assert languages_of_folder(tmp_path) is None
    card = tmp_path / "README.md"
    for text, expected in (
        ("---\nlanguage: en\nlicense: mit\n---\n# Model", {"en"}),
        ("---\nlicense: mit\nlanguage:\n- en\n- pt-br\ntags:\n- x\n---\n", {"en", "pt"}),
        ("---\nlanguage:\n- multilingual\n- ar\n---\n", None),
        ("---\nlicense: mit\n---\n", None),
        ("# no head", None),
    ):
        card.write_text(text, encoding="utf-8")
        assert languages_of_folder(tmp_path) == expected


def test_people_declare_what_a_model_reads():
    """The setting overrides what the model says; `all` sets no ticket apart."""
    assert Choice("hashing", languages=("en", "es")).load().languages == {"en", "es"}
    assert Choice("hashing", languages=("all",)).load().languages is None


def test_order_of_texts_does_not_change_vectors():
    """A text has the same vector in any company."""
    texts = [one.text for one in write_tickets(2, 2) if one.language == "es"]
    shuffled = Random(1).sample(texts, len(texts))
    by_text = dict(zip(texts, word_vectors(texts, ["es"] * len(texts)).tolist(), strict=True))
    assert word_vectors(shuffled, ["es"] * len(texts)).tolist() == [by_text[text] for text in shuffled]
