"""A process that applies what was decided, and kills itself at one of its statements.

python -m tests.pipelines.decider URL STATEMENT

STATEMENT is the number of the statement before which it is killed; 0: it runs to its end, and writes `done`.
"""

import sys
import time
from datetime import timedelta

from pipelines.immediate import DecisionApplier
from store.database import open_database
from tests.pipelines.chain import NOW
from tests.pipelines.driver import kill_before
from tests.pipelines.office import RULES

if __name__ == "__main__":
    url, statement = sys.argv[1:]
    opened = open_database(url)
    kill_before(opened, int(statement))
    apply = DecisionApplier(opened, lambda: RULES, lambda: NOW, wait=time.sleep, patience=timedelta(seconds=60))
    found = apply()
    print("done" if found.done else found)  # noqa: T201 (what the test reads)
