"""What writes plans in tests of the console: the path of the product, with an embedder that loads nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from groundswell.errors import GroundswellError
from groundswell.planning import Draft, write_plans
from models.clock import Clock
from models.embedding import HashingEmbedder
from pipelines.launches.planning import PlanDraft, PlanFault, PlanRefused
from stream.processing import Processor


class TestingDesk:
    """Writes plans into a database at the time of a clock."""

    __test__ = False

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._embedder = HashingEmbedder()

    def write(self, draft: PlanDraft) -> str:
        """Write a revision of a plan."""
        processor = Processor(self._embedder, b"key of the tests", self._clock)
        given = Draft("launch", draft.launch_id, draft.data, draft.known_since, origin="/groundswell/console")
        try:
            return write_plans(self._engine, processor, [given], self._clock())[0].state
        except GroundswellError as error:
            raise PlanRefused([PlanFault("plan", str(error))]) from error

    def embed(self, text: str) -> Any:
        """Return the vector of a text."""
        return self._embedder.embed([text])[0]
