"""Following merges: one walk for all who ask which theme holds a merged theme's tickets."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from store.database import open_database, upgrade
from store.errors import ThemeUnknown
from store.survivors import family, surviving_theme, survivors
from store.themes import write_themes


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Return a database in which 1 went into 2, 2 and 5 into 3, and 4 stayed by itself."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as opened:
        write_themes(opened, [theme(3), theme(4), theme(2, 3), theme(5, 3), theme(1, 2)])
        yield opened
    engine.dispose()


def theme(theme_id: int, merged_into: int | None = None) -> dict[str, object]:
    """Return the row of a theme."""
    return {
        "id": theme_id, "name": f"theme {theme_id}", "keywords": [], "state": "merged" if merged_into else "live", "status": "new",
        "size": 0, "first_seen": None, "last_seen": None, "born_epoch": 0, "named_size": 0, "merged_into": merged_into,
        "known_issue": None, "owner": None, "name_pinned": False,
    }  # fmt: skip


@pytest.mark.parametrize(("asked", "survivor"), [(1, 3), (2, 3), (5, 3), (3, 3), (4, 4)])
def test_a_theme_is_followed_through_all_its_merges(connection: Connection, asked: int, survivor: int):
    """The answer is the theme at the end of the merges, at any remove; a theme that was not merged is its own."""
    assert surviving_theme(connection, asked) == survivor


def test_an_unknown_theme_is_refused(connection: Connection):
    """No row, no answer."""
    with pytest.raises(ThemeUnknown):
        surviving_theme(connection, 9)


def test_all_merged_themes_at_once(connection: Connection):
    """Merged themes map to their survivors; the others are not named."""
    assert survivors(connection) == {1: 3, 2: 3, 5: 3}


def test_a_family_is_the_theme_with_all_that_went_into_it(connection: Connection):
    """The theme comes first, then those merged into it at any remove, ascending."""
    assert family(connection, 3) == [3, 1, 2, 5]
    assert family(connection, 2) == [2, 1]
    assert family(connection, 4) == [4]


def test_a_circle_of_merges_ends(connection: Connection):
    """Rows that name each other never make a query run for ever; each theme is then its own."""
    write_themes(connection, [theme(3, 1)])
    assert surviving_theme(connection, 2) == 2
    assert survivors(connection) == {}
    assert family(connection, 1) == [1, 2, 3, 5]
