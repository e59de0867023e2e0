"""`groundswell themes suggest-name`: a name that the narrator proposes."""

from __future__ import annotations

from groundswell.commands.options import Database, Json, ThemeId
from groundswell.terminal import say

QUOTED_TICKETS = 12
"""The newest tickets of a theme that the narrator reads."""


def suggest_name(theme: ThemeId, json: Json = False, database: Database = None) -> None:
    """Propose a name for a theme by the narrator (`digest.narrator`). Nothing is changed: `themes rename` takes it."""
    from alerts.narrator import open_endpoint, propose_name
    from groundswell.session import open_session
    from groundswell.table import print_json
    from models.text import ticket_text
    from store.database import reading
    from store.errors import ThemeUnknown
    from store.themes import read_themes
    from store.tickets import read_theme_texts

    session = open_session(database)
    with reading(session.engine) as connection:
        row = read_themes(connection).get(theme)
        if row is None:
            raise ThemeUnknown(theme)
        texts = read_theme_texts(connection, {theme: QUOTED_TICKETS}).get(theme, [])
    macros = session.settings.embedding.macros
    quotes = [ticket_text(one.title, one.body, macros) for one in texts]
    with open_endpoint(session.settings.digest.narrator) as endpoint:
        name = propose_name(endpoint, row.name, tuple(row.keywords), quotes)
    if json:
        print_json([{"theme_id": theme, "name": row.name, "proposed": name}])
        return
    say(f'{row.name} > {name}; `groundswell themes rename {theme} "{name}"` takes it.')
