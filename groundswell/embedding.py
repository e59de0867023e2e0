"""Vectors of texts that people type, by the model that the database was mined with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundswell.errors import GroundswellError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from groundswell.settings import Settings


def text_embedder(settings: Settings, connection: Connection) -> Callable[[str], Any]:
    """Load the embedder of the settings; the function returned gives the unit vector of a redacted text.

    Raises `GroundswellError` where nothing was mined, or with another model: a text is compared with tickets in their model alone.
    """
    from groundswell.session import make_embedder
    from store.epochs import read_miner

    mined = read_miner(connection).state.get("model")
    if mined is None:
        raise GroundswellError("no ticket has been mined yet; `groundswell ingest FILE` first")
    embedder = make_embedder(settings)
    if embedder.name != mined:
        raise GroundswellError(
            f"received the embedding model {embedder.name}, but this database was mined with {mined}, and a text can only be "
            "compared in that; set embedding.model back"
        )
    return lambda text: embedder.embed([text])[0]
