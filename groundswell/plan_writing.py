"""Writing plans from the command line: what became of them, and where they can no longer take effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundswell.terminal import say

if TYPE_CHECKING:
    from groundswell.planning import Draft, LateEmbedder, Written
    from groundswell.session import Session
    from models.embedding import Embedder


def write_and_say(session: Session, drafts: Sequence[Draft], *, json: bool) -> None:
    """Write drafts of launches and changes, and print what became of each, with warnings."""
    from groundswell.planning import LateEmbedder, write_plans
    from groundswell.session import now
    from groundswell.table import print_json
    from stream.processing import Processor

    embedder = LateEmbedder(lambda: _model(session))
    # Plans name no requester, so there is nothing to hash.
    processor = Processor(embedder, b"", now, session.settings.embedding.macros)
    written = write_plans(session.engine, processor, drafts, now())
    if json:
        print_json([one.as_json() for one in written])
        return
    for one in written:
        say(_sentence(one))
        for warning in _warnings(session, one, embedder):
            say(warning)


def _warnings(session: Session, one: Written, embedder: LateEmbedder) -> list[str]:
    """Say where a plan can no longer take effect, in event time, and which lines the model cannot read."""
    from pipelines.launches.plan_preview import effect_warnings
    from pipelines.launches.planning import read_plan
    from pipelines.launches.unread_lines import unread_lines
    from store.database import reading
    from store.epochs import read_mined_until
    from store.plans import newest_revision

    if one.kind != "launch" or one.data.get("cancelled"):
        return []
    with reading(session.engine) as connection:
        known = newest_revision(connection, "launch", one.subject, None)
        since = None if known is None else known.time
        plan = read_plan(one.data)
        found = effect_warnings(plan, read_mined_until(connection), since)
    if any(line.about for line in plan.expected):
        found += unread_lines(plan, embedder.languages_read())
    return found


def _sentence(one: Written) -> str:
    if one.data.get("cancelled"):
        return f"The {one.kind} {one.subject} is cancelled."
    when = {
        "added": "is on record; the next epoch that is mined uses it.",
        "revised": "is revised; the next epoch that is mined uses it.",
        "unchanged": "is on record as given; nothing was written.",
    }[one.state]
    return f"The {one.kind} {one.subject} {when}"


def _model(session: Session) -> Embedder:
    """The embedder, if it is the one that the database was mined with: example texts can only be compared in that."""
    from groundswell.errors import GroundswellError
    from groundswell.session import make_embedder
    from store.database import reading
    from store.epochs import read_miner

    embedder = make_embedder(session.settings)
    with reading(session.engine) as connection:
        mined = read_miner(connection).state.get("model")
    if mined not in (None, embedder.name):
        raise GroundswellError(
            f"received the embedding model {embedder.name}, but this database was mined with {mined}, and an example text can "
            "only be compared in that; set embedding.model back, or name themes"
        )
    return embedder
