"""A process that runs a story's chain, and kills itself at one of its statements: a known point on a machine of any speed.

python -m tests.pipelines.driver URL FIRST SECOND STATEMENTS

STATEMENTS is the number of the statement before which it is killed; 0: it runs to its end.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from store.database import open_database
from tests.pipelines.chain import run_story, short_rules


def kill_before(engine: Engine, statement: int) -> None:
    """Kill this process before its so many-th statement; 0: never."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)


if __name__ == "__main__":
    url, first, second, statements = sys.argv[1:]
    opened = open_database(url)
    kill_before(opened, int(statements))
    run_story(opened, (Path(first), Path(second)), rules=short_rules(), batch=16)
