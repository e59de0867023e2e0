"""Work that takes longer than a page may: one piece at a time, in a thread, with what became of the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

import structlog

from console.operations.parts import OperationFailed, RetryResult
from models.check_result import CheckResult
from models.clock import Clock
from models.times import rfc3339

Result = TypeVar("Result", bound=RetryResult | tuple[CheckResult, ...])


@dataclass(frozen=True, slots=True)
class WorkState(Generic[Result]):
    """A piece of work: what, by whom, since when (wall clock), and what it came to. `problem` is one sentence where it failed."""

    what: str
    by: str
    began_at: datetime
    ended_at: datetime | None = None
    result: Result | None = None
    problem: str | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self.ended_at is None

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it; `result` is null while it is under way, and where it failed."""
        result = self.result
        written = [one.as_json() for one in result] if isinstance(result, tuple) else result and result.as_json()
        return {
            "what": self.what, "by": self.by, "began_at": rfc3339(self.began_at), "ended_at": rfc3339(self.ended_at),
            "problem": self.problem, "result": written,
        }  # fmt: skip


class Background(Generic[Result]):
    """Does one piece of work at a time; its state is kept until the next one begins."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self._lock = Lock()
        self._state: WorkState[Result] | None = None
        self._thread: Thread | None = None

    @property
    def state(self) -> WorkState[Result] | None:
        """What is under way, or what the last piece of work came to; None before the first."""
        return self._state

    def start(self, work: Callable[[], Result], *, what: str, by: str) -> bool:
        """Begin the work; False where another piece is under way."""
        with self._lock:
            if self._state is not None and self._state.running:
                return False
            self._state = WorkState(what, by, self._clock())
            # A daemon: a console that is stopped does not wait for it, and what was done in whole batches is stored.
            self._thread = Thread(target=self._run, args=(work,), name=self._name, daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Wait until the work is done, for so many seconds at most."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self, work: Callable[[], Result]) -> None:
        result, problem = None, None
        try:
            result = work()
        except OperationFailed as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page says that it failed; its text may quote a ticket
            structlog.get_logger().error("operation_failed", operation=self._name, error=type(error).__name__)
            problem = f"it failed in a way that nobody expected ({type(error).__name__}); the console's log says more"
        with self._lock:
            if self._state is not None:
                self._state = replace(self._state, ended_at=self._clock(), result=result, problem=problem)
