"""The full chaos run: more than 20,000 events by Kafka while processes are killed, engines go away and commits fail.

    python bench/chaos/run.py [--seconds 300] [--days 10] [--per-day 1700] [--seed 7]

The seed makes the story and the order of the mishaps. Prints what was found and the first differences from the embedded run, and
writes the figures to bench/results/chaos.json, by story, next to those of earlier runs; ends with 1 where something was lost, had
its effect twice, or gave another answer than the embedded run.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.events import open_events
from bench.result import save, saved
from tests.harness.chaos import Chaos, Plan
from tests.harness.kafka import running_broker
from tests.harness.postgres import running_server
from tests.harness.scaled import Scaled
from tests.pipelines.answer import Answer, read_answer
from tests.pipelines.chain import NOW, make_rules, make_run, open_new
from tests.pipelines.story import START, Story


def main() -> int:
    """Run it, print the results, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--per-day", type=int, default=1700)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    # The promise is a right answer, also on a busy machine; how long the adoption of partitions took is in the report.
    plan = Plan(
        given.seconds, kills=6, terms=4, outage=60, broker_restarts=1, poison=300,
        seed=4 + given.seed, settle=900, adoption=300, supervised=True,
    )  # fmt: skip
    found = _run(Story(given.seed, days=given.days, per_day=given.per_day), plan)
    name = f"{given.days} days of {given.per_day} tickets, seed {given.seed}, in {given.seconds:g} s"
    save("chaos", {"runs": {**saved("chaos").get("runs", {}), name: found}}, show=False)
    return 0 if found["passed"] else 1


def _run(story: Story, plan: Plan) -> dict[str, Any]:
    """One chaos run over a story: the report with the checks, all of which are printed."""
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
                differences = _embedded(folder, path).differences(read_answer(scaled.engine, position=False))
            finally:
                scaled.close()
    checks = {
        "every event stored once": report.stored == report.distinct,
        "quarantine equals the poison sent": report.quarantined == report.poison,
        "offsets agree": report.offsets_agree,
        "counts equal a recount": report.counts_off == 0,
        "every alert sent once": report.alert_messages == report.alerts,
        "same answer as embedded": not differences,
    }
    for text, value in vars(report).items():
        print(f"{text:42} {value}")
    for text, good in checks.items():
        print(f"{'ok  ' if good else 'FAIL'} {text}")
    if differences:
        print("first differences, embedded first:", *differences, sep="\n", flush=True)
    return {**vars(report), **checks, "failing_share": plan.failing, "passed": all(checks.values())}


def _embedded(folder: Path, path: Path) -> Answer:
    engine = open_new(f"sqlite:///{folder / 'embedded.db'}")
    with open_events(path) as source:
        make_run(engine).ingest([source])
    found = read_answer(engine, position=False)
    engine.dispose()
    return found


if __name__ == "__main__":
    sys.exit(main())
