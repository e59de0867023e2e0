"""What a session with PostgreSQL promises those who wait for its locks."""

import pytest
from sqlalchemy import make_url, text

from store.database import open_database

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("own", [{}, {"options": "-c statement_timeout=90000"}])
def test_a_session_that_stands_still_lets_go(postgres_url, own):
    """It ends after a minute inside a transaction; options of the URL count as well, and after ours."""
    engine = open_database(make_url(postgres_url).update_query_dict(own).render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "1min"
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == ("90s" if own else "0")
    engine.dispose()
