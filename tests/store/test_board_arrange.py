"""Filters, sorting, groups and pages of the board hold for any themes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.theme import ThemeState, ThemeStatus
from store.board import FILTERED, STATES, STATUSES, BoardGrouping, BoardQuery, Day, SortColumn
from store.board.arrange import BoardCandidate, arrange, in_order, matches
from store.board.figures import LEAST_DAYS, usual_day

TEXTS = st.text(max_size=6)
DAYS = st.builds(
    Day,
    observed=st.integers(0, 30),
    compared=st.integers(0, 30),
    expected=st.none() | st.floats(0, 30, allow_nan=False),
)


@st.composite
def candidates(draw: st.DrawFn) -> list[BoardCandidate]:
    """Draw themes of any kind, more than fit on a page."""
    numbers = range(1, 1 + draw(st.integers(0, 260)))
    some = draw(
        st.lists(
            st.builds(
                BoardCandidate,
                theme_id=st.just(0),
                name=TEXTS,
                state=st.sampled_from(STATES),
                status=st.sampled_from(STATUSES),
                size=st.integers(0, 99),
                owner=st.none() | TEXTS,
                issue=st.none() | TEXTS,
                words=st.tuples(TEXTS),
                day=DAYS,
                two_days=st.integers(0, 99),
                severity=st.none() | st.floats(0, 99),
                family_id=st.none() | st.integers(1, 4),
                family_name=st.none() | TEXTS,
            ),
            min_size=1,
            max_size=12,
        )
    )
    return [replace(some[number % len(some)], theme_id=number) for number in numbers]


QUERIES = st.builds(
    BoardQuery,
    text=TEXTS,
    status=st.none() | st.sampled_from(STATUSES),
    owner=st.just("") | TEXTS,
    state=st.none() | st.sampled_from(STATES),
    sort=st.none() | st.sampled_from(SortColumn),
    descending=st.booleans(),
    group=st.sampled_from(BoardGrouping),
)


@given(candidates(), QUERIES)
def test_every_theme_that_matches_is_on_exactly_one_page(themes: list[BoardCandidate], query: BoardQuery) -> None:
    """The pages together are the themes that the filter lets through, in one order, each once."""
    first = arrange(themes, query)
    pages = [arrange(themes, replace(query, page=page)) for page in range(1, first.pages + 1)]
    listed = [one for page in pages for _, members in page.groups for one in members]
    folded = [one for page in pages for one in page.quiet]
    wanted = {one.theme_id for one in themes if matches(one, query)}
    assert sorted(listed + folded) == sorted(wanted)
    assert listed + folded == [one.theme_id for one in in_order(themes, query)]
    assert (first.matching, first.quiet_themes) == (len(wanted), len(folded))
    beyond = arrange(themes, replace(query, page=first.pages + 1))
    assert (beyond.groups, beyond.quiet) == ((), ())


@given(candidates(), QUERIES)
def test_sums_of_groups_agree_with_their_themes(themes: list[BoardCandidate], query: BoardQuery) -> None:
    """Each group has the sums of all its themes, whatever the page, and all groups have those of every theme that is not quiet."""
    known = {one.theme_id: one for one in themes}
    pages = [arrange(themes, replace(query, page=page)) for page in range(1, arrange(themes, query).pages + 1)]
    members: dict[str, list[BoardCandidate]] = {}
    groups = {group.key: group for page in pages for group, _ in page.groups}
    for page in pages:
        for group, shown in page.groups:
            assert group == groups[group.key]
            members.setdefault(group.key, []).extend(known[one] for one in shown)
    for key, group in groups.items():
        assert group.themes == len(members[key])
        assert group.day.observed == sum(one.day.observed for one in members[key])
        assert group.size == sum(one.size for one in members[key])
        assert group.spiking == sum(one.severity is not None for one in members[key])
    loud = [one for one in themes if matches(one, query) and not one.quiet]
    assert sum(group.day.observed for group in groups.values()) == sum(one.day.observed for one in loud)


@given(candidates(), QUERIES)
def test_quiet_themes_are_folded_and_no_other(themes: list[BoardCandidate], query: BoardQuery) -> None:
    """What has a ticket in the last 24 hours or an open spike is never folded."""
    known = {one.theme_id: one for one in themes}
    page = arrange(themes, query)
    assert all(known[one].day.observed == 0 and known[one].severity is None for one in page.quiet)
    for _, shown in page.groups:
        assert all(known[one].day.observed or known[one].severity is not None for one in shown)


@given(candidates(), st.sampled_from(SortColumn))
def test_descending_is_the_other_way_round(themes: list[BoardCandidate], column: SortColumn) -> None:
    """Sorted rows are in order of the column; those without a value are last in both directions."""
    values = {
        SortColumn.DAY: lambda one: one.day.observed,
        SortColumn.EXPECTED: lambda one: one.day.expected,
        SortColumn.GROWTH: lambda one: one.day.ratio,
        SortColumn.TREND: lambda one: one.two_days,
        SortColumn.SIZE: lambda one: one.size,
        SortColumn.THEME: lambda one: one.name.casefold(),
        SortColumn.OWNER: lambda one: (one.owner or "").casefold() or None,
        SortColumn.ISSUE: lambda one: (one.issue or "").casefold() or None,
    }[column]
    for descending in (False, True):
        query = BoardQuery(sort=column, descending=descending, group=BoardGrouping.NONE)
        loud = [values(one) for one in in_order(themes, query) if not one.quiet]
        known = [one for one in loud if one not in (None, "")]
        assert loud[: len(known)] == known
        assert known == sorted(known, reverse=descending)


def test_archived_themes_are_shown_when_they_are_asked_for() -> None:
    """Without a status they are left out; with it nothing else is there."""
    archived = BoardCandidate(1, "a", ThemeState.LIVE, ThemeStatus.ARCHIVED, 1)
    other = BoardCandidate(2, "b", ThemeState.LIVE, ThemeStatus.ONGOING, 1)
    assert [one.theme_id for one in in_order([archived, other], BoardQuery())] == [2]
    assert [one.theme_id for one in in_order([archived, other], BoardQuery(status=ThemeStatus.ARCHIVED))] == [1]


@given(st.lists(st.integers(0, 50), min_size=7, max_size=7))
def test_a_usual_day_holds_the_mean_of_the_days_before(before: list[int]) -> None:
    """The range is around the mean of the days since the first ticket; too few of them tell nothing."""
    begun = max((place for place, tickets in enumerate(before) if tickets), default=-1) + 1
    usual = usual_day(before)
    assert (usual is None) == (begun < LEAST_DAYS)
    if usual is not None:
        assert usual.mean * begun == sum(before[:begun]) or abs(usual.mean * begun - sum(before)) < 1e-6
        assert 0 <= usual.low <= usual.mean <= usual.high


def test_filtered_dimensions_are_attributes_of_tickets() -> None:
    """Each can be looked for in the tickets themselves, where no counts are kept."""
    from store.schema import tickets

    assert set(FILTERED) <= set(tickets.c.keys())
