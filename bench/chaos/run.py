"""The full chaos run: more than 20,000 events by Kafka while processes are killed, engines go away and commits fail.

    python bench/chaos/run.py [--seconds 300] [--days 10] [--per-day 1700]

Prints what was found and writes it to bench/results/chaos.json; ends with 1 where something was lost or had its effect twice.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.result import save
from stream.sources import JsonLines
from tests.harness.chaos import Chaos, Plan
from tests.harness.kafka import running_broker
from tests.harness.postgres import running_server
from tests.harness.scaled import Scaled
from tests.pipelines.chain import NOW, listings, make_rules, make_run, open_new
from tests.pipelines.story import START, Story


def main() -> int:
    """Run it, print it, keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--per-day", type=int, default=1700)
    given = parser.parse_args()
    plan = Plan(given.seconds, kills=6, terms=4, outage=60, broker_restarts=1, poison=300, settle=900)
    story = Story(days=given.days, per_day=given.per_day)
    rules = make_rules()
    rules = replace(rules, alerts=rules.alerts.model_copy(update={"delivery_lease": timedelta(seconds=15)}))
    with (
        tempfile.TemporaryDirectory(prefix="groundswell-chaos-") as name,
        running_broker() as broker,
        running_server() as server,
    ):
        folder = Path(name)
        path = folder / "story.jsonl"
        path.write_bytes(b"".join(one.line for one in story.events()))
        with server.database() as url:
            scaled = Scaled(folder, broker.address, url, rules, now=NOW)
            try:
                report = Chaos(scaled, broker, server, plan).run(path, START, story.end)
                same = _embedded(folder, path) == listings(scaled.engine)
            finally:
                scaled.close()
    found = {**vars(report), "same_answer_as_embedded": same, "failing_share": plan.failing}
    checks = {
        "every event stored once": report.stored == report.distinct,
        "quarantine equals the poison sent": report.quarantined == report.poison,
        "offsets agree": report.offsets_agree,
        "counts equal a recount": report.counts_off == 0,
        "every alert told": report.alert_messages == report.alerts,
        "same answer as embedded": same,
    }
    save("chaos", {**found, **checks})
    for text, held in checks.items():
        print(f"{'ok  ' if held else 'FAIL'} {text}")
    return 0 if all(checks.values()) else 1


def _embedded(folder: Path, path: Path) -> dict[str, bytes]:
    engine = open_new(f"sqlite:///{folder / 'embedded.db'}")
    with JsonLines(str(path)) as source:
        make_run(engine).ingest([source])
    found = listings(engine)
    engine.dispose()
    return found


if __name__ == "__main__":
    sys.exit(main())
