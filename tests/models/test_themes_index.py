"""The index of themes: what is found, what is maintained, and that a restart changes nothing."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes import Discovery, LineageReason, NewTicket, RememberedTicket, ThemeIndex, ThemeSettings
from models.themes.assign.constraints import NO_CONSTRAINTS, Constraints
from models.themes.discover.emergence import FEWEST_NEARER
from models.themes.discover.recency import emerging_group
from models.themes.window.centering import on_grid
from models.themes.window.ticket_window import TicketWindow

START = datetime(2026, 9, 1, tzinfo=UTC)
EPOCH = timedelta(minutes=5)
SETTINGS = ThemeSettings(learning=timedelta(days=2), first_learning=60, memory=1_000)


def directions(count, seed):
    """Unit vectors in random directions, nearly orthogonal: one for each problem."""
    rows = np.random.default_rng(seed).standard_normal((count, 384))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def around(centre, count, random, spread=0.8):
    """Tickets about one problem: unit float16 vectors scattered around its direction, which need not be a unit."""
    noise = random.standard_normal((count, 384))
    rows = centre + spread * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def stream(seed=0, problems=6, days=4.0, per_day=120, emerging_at=3.0, surge_at=None, shared=0.0):
    """Tickets of `problems` kinds at an even rate; one more kind begins, one known kind may surge.

    All have a component `shared` in one direction, as texts of one business do.
    """
    random = np.random.default_rng(seed)
    centres = directions(problems + 1, seed + 1_000) + shared * directions(1, seed + 2_000)
    count = int(days * per_day)
    kinds = random.integers(0, problems, count).tolist()
    times = np.sort(random.random(count) * days).tolist()
    for kind, at in ((problems, emerging_at), (0, surge_at)):
        if at is not None:
            kinds += [kind] * 30
            times += (at + np.sort(random.random(30)) * 0.4).tolist()
    order = np.argsort(times, kind="stable")
    vectors = [around(centres[kinds[at]], 1, random)[0] for at in order]
    return [
        (kinds[at], NewTicket(f"T-{position:05d}", START + timedelta(days=times[at]), vector))
        for position, (at, vector) in enumerate(zip(order, vectors, strict=True))
    ]


def epochs(tickets):
    """Group tickets by epoch: (end of the epoch, its tickets)."""
    grouped = {}
    for ticket in tickets:
        grouped.setdefault((ticket.time - START) // EPOCH, []).append(ticket)
    return [(START + (number + 1) * EPOCH, members) for number, members in sorted(grouped.items())]


class Miner:
    """Drives an index as the miner does and stores what the store would."""

    def __init__(self, settings=SETTINGS):
        self.settings = settings
        self.index = ThemeIndex(settings)
        self.rows = {}
        self.log = []
        self.births = []
        self.merged = set()

    def mine(self, now, tickets, **options):
        """One epoch."""
        assigned = self.index.assign(tickets)
        for ticket, outcome in zip(tickets, assigned, strict=True):
            self.rows[ticket.ticket_id] = (outcome.theme_id, ticket)
        found = self.index.discover(now, **options)
        self.apply(found)
        self.log.append((assigned, found))

    def apply(self, found):
        """Apply lineage as its docstring says: births, then moves, then merges."""
        self.births += found.births
        for move in found.moves:
            before, ticket = self.rows[move.ticket_id]
            assert before == move.from_theme
            self.rows[move.ticket_id] = (move.to_theme, ticket)
        for merge in found.merges:
            self.merged.add(merge.theme_id)
            for ticket_id, (theme, ticket) in self.rows.items():
                if theme == merge.theme_id:
                    self.rows[ticket_id] = (merge.into, ticket)

    def restart(self):
        """Replace the index by one restored from what was stored."""
        state = json.loads(json.dumps(self.index.state()))
        rows = [RememberedTicket(t.ticket_id, theme, t.time, t.vector) for theme, t in self.rows.values()]
        self.index = ThemeIndex.restore(self.settings, state, rows)

    def theme_of(self, ticket_id):
        """Theme of a ticket as stored."""
        return self.rows[ticket_id][0]


def mined(tickets, settings=SETTINGS, restarts=()):
    """Mine a complete stream, restarting before the epochs of the given positions."""
    miner = Miner(settings)
    for position, (now, members) in enumerate(epochs(tickets)):
        if position in restarts:
            miner.restart()
        miner.mine(now, members)
    return miner


@pytest.mark.parametrize("shared", [0.0, 2.0])
def test_known_problems_become_themes_and_a_new_one_is_found(shared):
    """Each problem ends in a theme of its own, and only the new one is announced as emerging; in a narrow cone, too."""
    labelled = stream(shared=shared)
    miner = mined([ticket for _, ticket in labelled])
    counted = {}
    for kind, ticket in labelled:
        counted.setdefault(kind, Counter())[miner.theme_of(ticket.ticket_id)] += 1
    best = {kind: counts.most_common(1)[0] for kind, counts in counted.items()}
    assert len({theme for theme, _ in best.values()}) == 7
    for kind, (theme, count) in best.items():
        assert theme is not None
        assert count >= 0.85 * counted[kind].total()
    emerged = [birth for birth in miner.births if birth.reason is LineageReason.EMERGED]
    assert [birth.theme_id for birth in emerged] == [best[6][0]]
    assert emerged[0].time <= START + timedelta(days=3.4)
    assert emerged[0].numbers["excess"] <= SETTINGS.group_level


def test_a_surge_of_a_known_problem_is_no_new_theme():
    """Many tickets at once about a known problem go to its theme; nothing emerges."""
    miner = mined([ticket for _, ticket in stream(emerging_at=None, surge_at=3.0)])
    assert not [birth for birth in miner.births if birth.reason is LineageReason.EMERGED]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 50), points=st.sets(st.integers(1, 400), max_size=4), shared=st.sampled_from([0.0, 1.5]))
def test_restart_changes_nothing(seed, points, shared):
    """Restored at any points from stored rows and a small state, the index gives the same answers."""
    tickets = [ticket for _, ticket in stream(seed=seed, surge_at=2.5, shared=shared)]
    through, again = mined(tickets), mined(tickets, restarts=points)
    assert through.log == again.log
    assert json.dumps(through.index.state()) == json.dumps(again.index.state())


def test_a_state_saved_by_an_earlier_version_is_continued():
    """A state without what was added later is taken up: no theme is lost, and mining goes on."""
    tickets = [ticket for _, ticket in stream()]
    through = mined(tickets[: len(tickets) // 2])
    later = (
        "kept", "mixed", "compared_at", "centre", "changed", "most_changes", "separated", "halves", "divided_at",
    )  # fmt: skip
    state = {name: value for name, value in through.index.state().items() if name not in later}
    index = ThemeIndex.restore(SETTINGS, state, through.index.tickets())
    assert {row.theme_id for row in index.tickets()} == {row.theme_id for row in through.index.tickets()}
    assert len(index.assign(tickets[len(tickets) // 2 :])) == len(tickets) - len(tickets) // 2


def test_the_names_in_a_saved_state_do_not_change():
    """Databases contain states with these names; a version that renames them could not continue what others mined."""
    state = mined([ticket for _, ticket in stream()]).index.state()
    assert set(state) == {
        "next_theme", "started", "learned", "learned_size", "gathered_at", "gathered_pool", "compared_at", "mixed",
        "threshold", "centre", "young", "remembered", "kept", "changed", "most_changes", "separated", "halves",
        "divided_at",
    }  # fmt: skip
    assert all(len(young) == 3 for young in state["young"].values())
    assert state["young"]


def test_restart_with_a_full_window_changes_nothing():
    """The same is true once the window drops old tickets."""
    tickets = [ticket for _, ticket in stream(per_day=150, days=5.0)]
    small = SETTINGS.model_copy(update={"memory": 300})
    through, again = mined(tickets, small), mined(tickets, small, restarts=range(1, 2_000, 40))
    assert through.log == again.log


def test_a_dormant_theme_returns_under_its_id():
    """A theme whose tickets have all left the window is still there when its problem comes back, restarts or not."""
    small = SETTINGS.model_copy(update={"memory": 200})
    random = np.random.default_rng(5)
    labelled = stream(emerging_at=None, days=3.0)
    later = [
        (k, t) for k, t in stream(seed=0, emerging_at=None, days=12.0) if k != 0 and t.time > START + timedelta(days=3)
    ]
    quiet = [NewTicket(f"Q-{t.ticket_id}", t.time, t.vector) for _, t in later]
    again = [
        NewTicket(f"R-{n}", quiet[-1].time + (n + 1) * EPOCH, vector)
        for n, vector in enumerate(around(directions(7, 1_000)[0], 12, random))
    ]
    tickets = [ticket for _, ticket in labelled] + quiet + again
    through, restarted = mined(tickets, small), mined(tickets, small, restarts=range(50, 2_000, 97))
    assert through.log == restarted.log
    first = Counter(through.theme_of(t.ticket_id) for kind, t in labelled if kind == 0).most_common(1)[0][0]
    returned = Counter(through.theme_of(ticket.ticket_id) for ticket in again)
    assert returned[first] >= 8
    assert set(returned) <= {first, None}
    assert len(quiet) > 3 * small.memory


def problem(centres, name, count, start, days, random, spread=0.8):
    """Tickets about a problem whose direction changes evenly from the first to the last of `centres`."""
    rows = []
    for position in range(count):
        share = position / max(1, count - 1)
        centre = (1 - share) * centres[0] + share * centres[-1]
        vector = around(centre / np.linalg.norm(centre), 1, random, spread)[0]
        rows.append(NewTicket(f"{name}-{position:04d}", START + timedelta(days=start + share * days), vector))
    return rows


def in_order(*problems):
    """Tickets of several problems in the order of time."""
    return sorted(
        (ticket for tickets in problems for ticket in tickets), key=lambda ticket: (ticket.time, ticket.ticket_id)
    )


def test_a_theme_that_drifts_keeps_its_id():
    """A problem whose wording changes gradually stays one theme."""
    random = np.random.default_rng(11)
    ends = directions(5, 40)
    drifting = problem((ends[0], 0.8 * ends[0] + 0.6 * ends[1]), "D", 240, 0, 12, random, 0.7)
    others = [problem((ends[kind],), f"O{kind}", 150, 0, 12, random, 0.7) for kind in (2, 3, 4)]
    miner = mined(in_order(drifting, *others))
    counted = Counter(miner.theme_of(ticket.ticket_id) for ticket in drifting)
    theme, count = counted.most_common(1)[0]
    assert theme is not None
    assert count >= 0.9 * len(drifting)
    assert not [birth for birth in miner.births if birth.reason is LineageReason.EMERGED]


def converging(days_together):
    """Two problems that are different for five days, then the same for some days, then different again, and two others."""
    random = np.random.default_rng(12)
    ends = directions(5, 50)
    one = problem((ends[0],), "A1", 100, 0, 5, random)
    two = problem((ends[1],), "B1", 100, 0, 5, random)
    middle = (ends[0] + ends[1]) / np.linalg.norm(ends[0] + ends[1])
    both = problem((middle,), "M", int(60 * days_together), 5, days_together, random, 0.6)
    after = 5 + days_together
    separate = [problem((ends[kind],), f"{kind}2", 60, after, 3, random) for kind in (0, 1)]
    others = [problem((ends[kind],), f"O{kind}", 160, 0, after + 3, random) for kind in (2, 3)]
    return in_order(one, two, both, *separate, *others)


def test_themes_that_are_similar_for_a_short_time_stay_two():
    """Two themes that contain the same tickets for less than two comparisons are not merged."""
    miner = mined(converging(0.8))
    assert not miner.merged


def test_two_themes_that_contain_the_same_tickets_are_merged_once():
    """Themes that were mixed at two successive comparisons are one: the younger ends in the older, with its numbers."""
    tickets = in_order(
        *(problem((directions(3, 60)[kind],), f"P{kind}", 300, 0, 8, np.random.default_rng(kind)) for kind in range(3))
    )
    miner = Miner()
    split = None
    for position, (now, members) in enumerate(epochs(tickets)):
        if position % 50 == 49:
            miner.restart()
        if now > START + timedelta(days=4) and split is None:
            # As if learning had taken one problem for two: every second ticket goes to a theme of its own.
            split = miner.index.new_theme()
            own = [key for key, (theme, _) in miner.rows.items() if key.startswith("P0") and theme is not None][::2]
            miner.index.move(own, split)
            for key in own:
                miner.rows[key] = (split, miner.rows[key][1])
        miner.mine(now, members)
    merges = [merge for _, found in miner.log for merge in found.merges if merge.reason is LineageReason.CONVERGED]
    assert [merge.theme_id for merge in merges] == [split]
    assert merges[0].numbers["mixing"] >= 0.5
    assert START + timedelta(days=5) < merges[0].time < START + timedelta(days=7)
    assert len({miner.theme_of(t.ticket_id) for t in tickets[-60:]} - {None}) == 3


def test_restore_refuses_missing_exemplars():
    """Exemplars that the state names and the store lacks are an error."""
    small = SETTINGS.model_copy(update={"memory": 150})
    miner = mined([ticket for _, ticket in stream(days=2.5)], small)
    quiet = [t for k, t in stream(seed=0, days=6.0) if k > 1 and t.time > START + timedelta(days=2.5)]
    for now, members in epochs(quiet):
        miner.mine(now, [NewTicket(f"Q-{t.ticket_id}", t.time, t.vector) for t in members])
    state = miner.index.state()
    assert state["kept"]
    rows = miner.index.tickets()[len(state["kept"]) :]
    with pytest.raises(
        ValueError, match=f"0 exemplars of themes were given, but the saved state names {len(state['kept'])}"
    ):
        ThemeIndex.restore(small, state, rows)


def test_every_change_of_theme_is_recorded():
    """Assignments and lineage together account for the index's own theme of every ticket in the window."""
    miner = mined([ticket for _, ticket in stream()])
    rows = miner.index.tickets()
    assert {row.ticket_id: row.theme_id for row in rows} == {key: theme for key, (theme, _) in miner.rows.items()}
    assert not miner.merged & {theme for theme, _ in miner.rows.values()}


def test_an_epoch_equals_its_tickets_one_by_one():
    """Tickets of an epoch are compared with those before them, so one large epoch assigns as many small ones do."""
    tickets = [ticket for _, ticket in stream()]
    together, single = mined(tickets[:400]).index, mined(tickets[:400]).index
    alone = [outcome for ticket in tickets[400:460] for outcome in single.assign([ticket])]
    assert together.assign(tickets[400:460]) == alone


def test_one_ticket_and_none():
    """A single ticket, and an epoch without any, leave everything unthemed."""
    index = ThemeIndex(SETTINGS)
    ticket = NewTicket("T-1", START, around(directions(1, 0)[0], 1, np.random.default_rng(0))[0])
    assert index.discover(START) == Discovery()
    assert index.assign([]) == []
    outcome = index.assign([ticket])[0]
    assert (outcome.theme_id, outcome.nearest, outcome.confidence) == (None, None, 0.0)
    assert not index.discover(START + timedelta(days=30))
    assert index.similar(ticket.vector) == []


@pytest.mark.parametrize("copies", [70, 10_000])
def test_copies_of_one_template_make_one_theme(copies):
    """A text sent over and over is one theme, found in seconds, and every later copy joins it."""
    random = np.random.default_rng(3)
    template = around(directions(1, 5)[0], 1, random)[0]
    index = ThemeIndex(SETTINGS.model_copy(update={"memory": 20_000}))
    index.assign([NewTicket(f"T-{n}", START, template) for n in range(copies)])
    found = index.discover(START + EPOCH)
    assert [len(birth.members) for birth in found.births] == [copies]
    assert {move.to_theme for move in found.moves} == {found.births[0].theme_id}
    later = index.assign([NewTicket("T-later", START + EPOCH, template)])
    assert later[0].theme_id == found.births[0].theme_id
    assert later[0].confidence == 1.0


def test_a_template_among_other_tickets_is_not_lost():
    """Copies of one text among ordinary problems get a theme, and the others keep theirs."""
    labelled = stream(emerging_at=None)[:240]
    template = around(directions(1, 77)[0], 1, np.random.default_rng(1))[0]
    tickets = [ticket for _, ticket in labelled]
    index = ThemeIndex(SETTINGS)
    copies = [NewTicket(f"C-{n}", START, template) for n in range(80)]
    index.assign(tickets + copies)
    found = index.discover(START + timedelta(days=2))
    theme_of = {move.ticket_id: move.to_theme for move in found.moves}
    assert len({theme_of[copy.ticket_id] for copy in copies}) == 1
    assert len(found.births) == 7


def test_noise_is_never_a_theme():
    """Tickets that resemble nothing stay unthemed."""
    rows = directions(400, 9).astype(np.float16)
    miner = mined([NewTicket(f"T-{n}", START + n * EPOCH, row) for n, row in enumerate(rows)])
    emerged = [birth for birth in miner.births if birth.reason is LineageReason.EMERGED]
    assert not emerged


def test_forgotten_tickets_leave_no_trace():
    """After forgetting, answers are those of an index that holds only the other tickets."""
    tickets = [ticket for _, ticket in stream()]
    miner = mined(tickets[:420])
    gone = [ticket.ticket_id for ticket in tickets[100:140]]
    miner.index.forget([*gone, "unknown"])
    for ticket_id in gone:
        del miner.rows[ticket_id]
    kept = miner.index
    miner.restart()
    assert kept.assign(tickets[420:470]) == miner.index.assign(tickets[420:470])
    assert not set(gone) & {row.ticket_id for row in kept.tickets()}


def test_a_slow_start_still_ends_in_themes():
    """Where almost nothing came while learning, themes are found later and take tickets from then on."""
    labelled = [(kind, ticket) for kind, ticket in stream(problems=3, days=12.0, per_day=20, emerging_at=None)]
    few, rest = labelled[:6], [pair for pair in labelled if pair[1].time > START + timedelta(days=3)]
    miner = mined([ticket for _, ticket in few + rest])
    last = {(kind, miner.theme_of(ticket.ticket_id)) for kind, ticket in rest[-30:]}
    assert {birth.reason for birth in miner.births} == {LineageReason.GATHERED}
    assert len({(kind, theme) for kind, theme in last if theme}) == 3


def test_people_merge_and_move():
    """After a merge no ticket goes to the theme that ended; a moved ticket is where people put it."""
    tickets = [ticket for _, ticket in stream()]
    index = mined(tickets[:420]).index
    themes = sorted({row.theme_id for row in index.tickets() if row.theme_id})
    index.merge(themes[0], themes[1])
    index.move([tickets[0].ticket_id], themes[2])
    index.move([tickets[1].ticket_id], None)
    counted = {row.ticket_id: row.theme_id for row in index.tickets()}
    assert themes[0] not in counted.values()
    assert (counted[tickets[0].ticket_id], counted[tickets[1].ticket_id]) == (themes[2], None)
    assert themes[0] not in {outcome.theme_id for outcome in index.assign(tickets[420:])}


def test_similar_resolves_an_example_text():
    """An example's vector is resolved to its theme and not to the others."""
    labelled = stream()
    miner = mined([ticket for _, ticket in labelled])
    _, ticket = labelled[-1]
    similar = miner.index.similar(ticket.vector)
    assert similar[0][0] == miner.theme_of(ticket.ticket_id)
    assert len(similar) == 1
    assert 0.3 < similar[0][1] <= 1.0
    assert miner.index.similar(directions(1, 12345)[0]) == []


def test_a_theme_that_an_example_reached_is_kept_until_it_is_clearly_farther():
    """A text that moves away from a theme is left out at the threshold, and where it was reached before, only a little later."""
    labelled = stream()
    index = mined([ticket for _, ticket in labelled]).index
    text = labelled[-1][1].vector
    ((own, _),) = index.similar(text)
    away = next(ticket.vector for ticket in index.tickets() if ticket.theme_id not in (None, own))
    bent = [(1 - share) * text + share * away for share in np.linspace(0, 1, 101)]
    without, kept = ([own in dict(index.similar(one, known)) for one in bent] for known in ((), {own}))
    assert sum(without) < sum(kept) < len(bent)
    assert kept == sorted(kept, reverse=True)


def test_the_likeness_of_themes_is_that_of_their_centres():
    """Each other theme is listed once with the cosine that a comparison of the two gives; an unknown theme has none."""
    index = mined([ticket for _, ticket in stream()]).index
    (one, *others) = sorted({ticket.theme_id for ticket in index.tickets() if ticket.theme_id is not None})
    found = dict(index.likenesses(one))
    assert sorted(found) == others
    assert all(found[other] == pytest.approx(index.likeness(one, other), abs=2e-6) for other in others)
    assert index.likenesses(10**6) == []


def test_state_is_small_and_survives_json():
    """The state that each epoch saves is a few kilobytes."""
    index = mined([ticket for _, ticket in stream()]).index
    text = json.dumps(index.state())
    assert len(text) < 4_096
    assert json.loads(text) == index.state()


def test_restore_refuses_missing_rows():
    """Rows that the state counts and the store lacks are an error."""
    index = mined([ticket for _, ticket in stream()][:50]).index
    with pytest.raises(ValueError, match="0 remembered tickets were given, but the saved state holds 50"):
        ThemeIndex.restore(SETTINGS, index.state(), [])


def nearer_of(newcomer, seed=0):
    """The value `nearer` of a group that began lately in a theme that contains two problems: see `EmergingGroup.nearer`."""
    random = np.random.default_rng(seed)
    one, two = directions(2, seed) + directions(1, 99)
    old = [around(one, 60, random), around(two, 20, random)]
    vectors = on_grid(np.concatenate([*old, around(newcomer(one, two), 8, random)]))
    window = TicketWindow(1_000)
    window.append([f"T-{at}" for at in range(88)], np.arange(88), vectors, np.ones(88, np.int64))
    rows, _ = next(window.neighbours(np.array([87]), 15))
    recent = int((rows[:10] >= 80).sum())
    return emerging_group(window, 87, rows, recent, 1e-9).nearer


@pytest.mark.parametrize("seed", range(5))
def test_a_surge_inside_a_theme_of_two_problems_is_distinguished_from_a_new_problem(seed):
    """The old tickets of a problem that surges are as near as its new ones; to a new problem all old tickets are farther."""
    surging = nearer_of(lambda _one, two: two, seed)
    new = nearer_of(lambda one, two: 0.4 * (one + two) + directions(1, 7)[0], seed)
    assert surging < FEWEST_NEARER <= new


def mixed_by(seed, constraints=NO_CONSTRAINTS):
    """A stream in which one of two problems that share a theme surges: (kinds and tickets, miner, the shared theme)."""
    labelled = stream(seed=seed, per_day=72, emerging_at=None, surge_at=3.0, shared=1.0)
    surge = START + timedelta(days=3)
    early = [ticket for _, ticket in labelled if ticket.time < surge]
    miner = mined(early)
    theme_of = {kind: miner.theme_of(ticket.ticket_id) for kind, ticket in labelled[:180]}
    miner.index.merge(theme_of[0], theme_of[1])
    miner.rows = {
        key: (theme_of[1] if theme == theme_of[0] else theme, one) for key, (theme, one) in miner.rows.items()
    }
    miner.index.constrain(constraints(theme_of[1]) if callable(constraints) else constraints)
    for now, members in epochs([ticket for _, ticket in labelled[len(early) :]]):
        miner.mine(now, members, rising={theme_of[1]: surge} if now <= surge + timedelta(days=0.5) else {})
    return labelled, miner, theme_of[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_theme_is_split_where_one_of_its_problems_rises(seed):
    """The surging problem gets a theme of its own, old tickets included; nothing is announced as new."""
    labelled, miner, shared = mixed_by(seed)
    split_off = [birth for birth in miner.births if birth.reason is LineageReason.SURGED]
    assert [birth.split_from for birth in split_off] == [shared]
    assert split_off[0].numbers["chance"] <= SETTINGS.part_level
    assert not [birth for birth in miner.births if birth.reason is LineageReason.EMERGED]
    kinds = {kind: Counter(miner.theme_of(t.ticket_id) for k, t in labelled if k == kind) for kind in (0, 1)}
    best = {kind: counts.most_common(1)[0][0] for kind, counts in kinds.items()}
    assert set(best.values()) == {shared, split_off[0].theme_id}
    assert all(kinds[kind][best[kind]] >= 0.85 * kinds[kind].total() for kind in kinds)


def test_what_people_merged_is_not_split():
    """A theme that people merged stays one, whatever rises in it."""
    _, miner, _ = mixed_by(0, lambda theme: Constraints(fixed_themes=frozenset({theme})))
    assert LineageReason.SURGED not in {birth.reason for birth in miner.births}


def test_a_theme_of_one_problem_is_not_split():
    """A rise of a problem that has a theme of its own splits nothing."""
    labelled = stream(emerging_at=None, surge_at=3.0)
    surge = START + timedelta(days=3)
    miner = mined([ticket for _, ticket in labelled if ticket.time < surge])
    theme = next(miner.theme_of(ticket.ticket_id) for kind, ticket in labelled if kind == 0)
    for now, members in epochs([ticket for _, ticket in labelled if ticket.time >= surge]):
        miner.mine(now, members, rising={theme: surge})
    assert LineageReason.SURGED not in {birth.reason for birth in miner.births}
