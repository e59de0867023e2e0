"""Themes of several languages: each that the model does not read is grouped by itself, and a restart changes nothing."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.languages.writing import write_tickets
from models.language.words import word_vectors
from models.themes import Constraints, Example, LanguageIndexes, LineageReason, NewTicket, RememberedTicket, ThemeIndex
from models.themes.language_index import FEWEST_TICKETS
from models.themes.naming.languages import is_one_problem, language_theme_name, without_language
from models.themes.window.centering import on_grid
from tests.models.test_themes_index import EPOCH, SETTINGS, START, Miner, directions, epochs, stream


class Languages(Miner):
    """Drives the indexes of several languages."""

    def __init__(self, settings=SETTINGS):
        super().__init__(settings)
        self.index = LanguageIndexes(settings)

    def restart(self):
        """Replace the indexes by those restored from what was stored."""
        state = json.loads(json.dumps(self.index.state()))
        rows = [RememberedTicket(t.ticket_id, theme, t.time, t.vector, t.language) for theme, t in self.rows.values()]
        self.index = LanguageIndexes.restore(self.settings, state, rows)


def spoken(language, count, seed=0, begin=0.0, days=4.0):
    """Tickets of one language about six problems, with vectors of their words, over some days."""
    texts = [one for one in write_tickets(seed, -(-count // 6)) if one.language == language][:count]
    times = begin + np.sort(np.random.default_rng(seed).random(len(texts))) * (days - begin)
    vectors = word_vectors([one.text for one in texts], [language] * len(texts))
    return [
        NewTicket(f"{language}-{at:04d}", START + timedelta(days=float(time)), vector, language)
        for at, (time, vector) in enumerate(zip(times, vectors, strict=True))
    ]


def mixed(seed=0, counts=(("es", 90), ("ja", 30), ("th", 3)), per_day=50):
    """A stream of read tickets, and some of other languages, in the order of their times."""
    read = [ticket for _, ticket in stream(seed=seed, per_day=per_day)]
    others = [ticket for language, count in counts for ticket in spoken(language, count, seed)]
    return sorted(read + others, key=lambda ticket: (ticket.time, ticket.ticket_id))


def mined(tickets, restarts=()):
    """Mine a complete stream, restarting before the epochs of the given positions."""
    miner = Languages()
    for position, (now, members) in enumerate(epochs(tickets)):
        if position in restarts:
            miner.restart()
        miner.mine(now, members)
    return miner


def test_a_stream_that_the_model_reads_is_mined_as_before():
    """Without a ticket in another language, answers and state are those of one index."""
    tickets = [ticket for _, ticket in stream()]
    plain, several = Miner(), Languages()
    for now, members in epochs(tickets):
        plain.mine(now, members)
        several.mine(now, members)
    assert plain.log == several.log
    assert plain.index.state() == several.index.state()


def test_no_theme_has_tickets_of_two_languages_and_the_read_ones_are_unaffected():
    """Each theme is of one language, and tickets that the model reads get the same company as without the others."""
    tickets = mixed()
    miner, alone = mined(tickets), mined([ticket for ticket in tickets if ticket.language is None])
    by_theme = {}
    for theme, ticket in miner.rows.values():
        by_theme.setdefault(theme, set()).add(ticket.language)
    assert all(len(languages) == 1 for theme, languages in by_theme.items() if theme is not None)
    read = [ticket.ticket_id for ticket in tickets if ticket.language is None]
    pairs = {(miner.theme_of(one), alone.theme_of(one)) for one in read}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_a_language_gets_its_remainder_once_there_are_enough_tickets():
    """Tickets whose words form no theme are in one theme of the language, born silently; too few have none."""
    miner = mined(mixed())
    born = {birth.language: birth for birth in miner.births if birth.reason is LineageReason.LANGUAGE}
    assert set(born) == {"es", "ja"}
    assert len(born["ja"].members) == FEWEST_TICKETS
    assert miner.index.remainders() == {birth.theme_id for birth in born.values()}
    themes = Counter(theme for theme, ticket in miner.rows.values() if ticket.language == "ja")
    assert themes[None] == 0
    assert {theme for theme, ticket in miner.rows.values() if ticket.language == "th"} == {None}


def test_a_problem_that_emerges_in_one_language_is_found_there():
    """Twenty alike tickets in Spanish within hours become a theme of Spanish that emerged."""
    tickets = mixed(counts=(("es", 240),))
    text = "El repartidor dejó el paquete roto delante de la puerta del vecino"
    vector = word_vectors([text], ["es"])[0].astype(np.float32)
    noise = directions(20, 77)
    rows = [(vector + 0.5 * one) / np.linalg.norm(vector + 0.5 * one) for one in noise]
    new = [
        NewTicket(f"new-{at:02d}", START + timedelta(days=3.2, minutes=9 * at), row.astype(np.float16), "es")
        for at, row in enumerate(rows)
    ]
    miner = mined(sorted(tickets + new, key=lambda ticket: (ticket.time, ticket.ticket_id)))
    emerged = [b for b in miner.births if b.reason is LineageReason.EMERGED and b.language == "es"]
    theme = Counter(miner.theme_of(one.ticket_id) for one in new).most_common(1)[0]
    assert theme[0] in {birth.theme_id for birth in emerged}
    assert theme[1] >= 15


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 30), points=st.sets(st.integers(1, 200), min_size=1, max_size=4))
def test_restart_changes_nothing(seed, points):
    """Restored at any points from stored rows and a small state, all languages give the same answers."""
    tickets = mixed(seed, (("es", 60), ("th", 12)))
    through, again = mined(tickets), mined(tickets, points)
    assert through.log == again.log
    assert json.dumps(through.index.state()) == json.dumps(again.index.state())


def people(miner, theme, ids):
    """Store what people decided as the store would."""
    for ticket_id in ids:
        miner.rows[ticket_id] = (theme, miner.rows[ticket_id][1])


@pytest.mark.parametrize("restart", [False, True])
def test_people_may_take_a_ticket_out_of_the_remainder_and_put_it_into_another_language(restart):
    """A ticket that people took out stays out, one that they put into a read theme stays there, and later ones are as before."""
    tickets = mixed(counts=(("ja", 40),))
    half = len(tickets) // 2
    miner = mined(tickets[:half])
    remainder = next(iter(miner.index.remainders()))
    ours = [key for key, (theme, _) in miner.rows.items() if theme == remainder][:4]
    read = next(theme for theme, ticket in miner.rows.values() if theme and ticket.language is None)
    for ids, theme in ((ours[:2], None), (ours[2:], read)):
        miner.index.move(ids, theme)
        people(miner, theme, ids)
    if restart:
        miner.restart()
    for now, members in epochs(tickets[half:]):
        miner.mine(now, members)
    assert [miner.theme_of(key) for key in ours[:2]] == [None, None]
    miner.restart()
    stored = {row.ticket_id: row.theme_id for row in miner.index.tickets()}
    assert all(stored[key] == miner.theme_of(key) for key in miner.rows)


def test_a_remainder_that_people_merge_ends_and_another_one_begins():
    """All of the remainder is merged, and later tickets of the language begin a new one."""
    tickets = mixed(counts=(("ja", 60),))
    half = len(tickets) // 2
    miner = mined(tickets[:half])
    remainder = next(iter(miner.index.remainders()))
    read = next(theme for theme, ticket in miner.rows.values() if theme and ticket.language is None)
    miner.index.merge(remainder, read)
    people(miner, read, [key for key, (theme, _) in miner.rows.items() if theme == remainder])
    assert miner.index.remainders() == set()
    for now, members in epochs(tickets[half:]):
        miner.mine(now, members)
    later = {miner.theme_of(one.ticket_id) for one in tickets[half:] if one.language == "ja"}
    assert remainder not in later
    miner.restart()
    stored = {row.ticket_id: row.theme_id for row in miner.index.tickets()}
    assert all(stored[key] == miner.theme_of(key) for key in miner.rows)


def test_a_theme_merged_into_a_remainder_is_part_of_it():
    """Its tickets have the remainder's theme, and are taken into themes of words as the others are."""
    miner = mined(mixed(counts=(("es", 240),)))
    remainder = next(iter(miner.index.remainders()))
    other = next(b.theme_id for b in miner.births if b.language == "es" and b.theme_id != remainder)
    miner.index.merge(other, remainder)
    assert other not in {row.theme_id for row in miner.index.tickets()}


def test_erased_tickets_leave_every_language():
    """What is forgotten is in no window, whatever its language, and the state restores without it."""
    miner = mined(mixed())
    gone = [key for key in miner.rows if key.endswith(("1", "2"))]
    miner.index.forget(gone)
    for key in gone:
        del miner.rows[key]
    miner.restart()
    assert {row.ticket_id for row in miner.index.tickets()} == set(miner.rows)


def test_an_example_attracts_tickets_of_its_language_alone():
    """A pinned ticket attracts those of the same language, also the first of a language that comes later."""
    vector = directions(1, 5)[0]
    example = Example("T-x", 7, on_grid(vector), "es")
    index = LanguageIndexes(SETTINGS)
    index.constrain(Constraints(examples=(example,)))
    new = [NewTicket(f"T-{at}", START, vector, language) for at, language in enumerate(("es", None, "ja"))]
    assert [one.nearest for one in index.assign(new)] == [7, None, None]


def test_another_model_may_read_what_the_first_did_not():
    """With the vectors of a model that reads all, tickets of all languages are compared with each other, and mining goes on."""
    miner = mined(mixed())
    rows = [replace(row, language=None, vector=directions(1, at)[0]) for at, row in enumerate(miner.index.tickets())]
    index = LanguageIndexes.switched(SETTINGS, miner.index.state(), rows)
    assert "languages" not in index.state()
    assert len(index.tickets()) == len(rows)


def test_another_model_may_not_read_what_the_first_did():
    """Tickets of a language that the new model does not read begin without a theme, by their words."""
    tickets = mixed(counts=(("es", 30),))
    miner = mined([replace(ticket, language=None) for ticket in tickets])
    language = {ticket.ticket_id: ticket.language for ticket in tickets}
    rows = [
        replace(row, language=language[row.ticket_id], theme_id=None if language[row.ticket_id] else row.theme_id)
        for row in miner.index.tickets()
    ]
    index = LanguageIndexes.switched(SETTINGS, miner.index.state(), rows)
    found = index.discover(tickets[-1].time + EPOCH)
    assert "es" in {birth.language for birth in found.births}


def test_translations_of_one_problem_meet_in_one_theme_of_a_model_that_reads_both():
    """Where the model gives translations near vectors, one theme has tickets of both languages; nothing else is needed."""
    tickets = [ticket for _, ticket in stream(emerging_at=None)]
    translated = [replace(ticket, ticket_id=f"es-{ticket.ticket_id}") for ticket in tickets[::2]]
    miner = mined(sorted(tickets + translated, key=lambda ticket: (ticket.time, ticket.ticket_id)))
    pairs = [(miner.theme_of(one.ticket_id), miner.theme_of(f"es-{one.ticket_id}")) for one in tickets[::2]]
    assert sum(one == other for one, other in pairs) >= 0.95 * len(pairs)


def test_a_lone_index_does_not_know_languages():
    """One index gives the ids of its tickets by theme, and a counter of themes that others continue."""
    index = ThemeIndex(SETTINGS)
    index.assign([NewTicket("T-1", START, directions(1, 1)[0])])
    index.next_theme = 12
    assert index.rows_of(None) == ("T-1",)
    assert index.holds(["T-1", "T-2"]) == {"T-1"}
    assert (index.new_theme(), index.next_theme) == (12, 13)


COUPON = [f"El cupón de descuento número {at} no funciona" for at in range(10)]
REFUND = [f"Sigo esperando el reembolso {at} de mi pedido" for at in range(10)]


def test_a_theme_is_of_one_problem_if_a_word_distinguishes_it():
    """A word in most texts that the language's other texts lack is a problem's; function words and half of the texts are not."""
    assert is_one_problem(COUPON, REFUND)
    assert not is_one_problem(COUPON[:5] + REFUND[:5], COUPON[5:] + REFUND[5:])
    assert not is_one_problem(COUPON, [])
    assert not is_one_problem([], REFUND)


def test_names_of_themes_say_their_language_and_are_unique():
    """A name begins with the language, says several problems where there are, and is not taken twice."""
    taken = set()
    for _ in range(4):
        taken.add(language_theme_name("es", problem=None, words=("tarjeta", "pago"), taken=taken))
    assert taken == {
        "Spanish: several problems", "Spanish: several problems (tarjeta)", "Spanish: several problems (tarjeta, pago)",
        "Spanish: several problems 2",
    }  # fmt: skip
    name = language_theme_name("es", problem="Cupón no válido", words=(), taken=())
    assert name == "Spanish: Cupón no válido"
    assert without_language(name, "es") == "Cupón no válido"
    assert without_language("Refund missing", None) == "Refund missing"
