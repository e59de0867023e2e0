"""Plans that people write on the console: the same path as those of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundswell.errors import GroundswellError
from pipelines.launches.planning import PlanDraft, PlanFault, PlanRefused

if TYPE_CHECKING:
    from groundswell.session import Session

SOURCE = "/groundswell/console"
"""Where plans come from that a person wrote on the console."""


class ConsolePlanningDesk:
    """Writes and embeds plans for the console; the model is loaded when the first example text is embedded."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._embed: Callable[[str], Any] | None = None

    def write(self, draft: PlanDraft) -> str:
        """Write a revision of a plan; return what became of it. Raises `PlanRefused`."""
        from groundswell.planning import Draft, LateEmbedder, write_plans
        from groundswell.session import make_embedder, now
        from stream.processing import Processor

        session = self._session
        # Plans name no requester, so there is nothing to hash.
        embedder = LateEmbedder(lambda: make_embedder(session.settings))
        processor = Processor(embedder, b"", now, session.settings.embedding.macros)
        given = Draft("launch", draft.launch_id, draft.data, draft.known_since, origin=SOURCE)
        try:
            (written,) = write_plans(session.engine, processor, [given], now())
        except GroundswellError as error:
            raise PlanRefused([PlanFault("plan", str(error))]) from error
        return written.state

    def embed(self, text: str) -> Any:
        """Return the vector of a redacted text. Raises `PlanRefused` where nothing was mined, or with another model."""
        from groundswell.embedding import text_embedder
        from store.database import reading

        if self._embed is None:
            try:
                with reading(self._session.engine) as connection:
                    self._embed = text_embedder(self._session.settings, connection)
            except GroundswellError as error:
                raise PlanRefused([PlanFault("lines", str(error))]) from error
        return self._embed(text)
