"""A process that runs a story's chain and says after each batch and epoch how far it is: what the tests kill.

python -m tests.pipelines.driver URL FIRST SECOND
"""

import sys
from pathlib import Path

from groundswell.embedded import Summary
from store.database import open_database
from tests.pipelines.chain import run_story, short_rules


def _report(summary: Summary) -> None:
    sys.stdout.write(f"{summary.lines} {summary.epochs}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, first, second = sys.argv[1:]
    run_story(open_database(url), (Path(first), Path(second)), rules=short_rules(), batch=16, report=_report)
