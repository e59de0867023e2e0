"""What the process that drains the inbox runs. It imports little, so that it can be ended while it still loads."""

from __future__ import annotations

import os
import signal
import sys
import threading


def main(delay: float) -> None:
    """Drain and mine until standard input ends, which it does with the process that started this one, however that ends.

    Each byte of it says that a delivery came. Signals are for the other process: a Ctrl-C reaches both. Loading begins after `delay`
    seconds: after a restart the senders that were refused all try again, and they have the processors first.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Senders wait for their answers, and nobody waits for this process: where processors are short, it comes second.
    os.nice(19)
    awake, stopped, loaded = threading.Event(), threading.Event(), threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin.fileno(), awake, stopped, loaded), daemon=True).start()
    stopped.wait(delay)

    from groundswell.draining import drain_loop
    from groundswell.logging import configure_logging, log_crashes
    from groundswell.receiving import given
    from groundswell.session import now, open_session

    configure_logging()
    log_crashes()
    session = open_session()
    loop = drain_loop(given(session.settings, now), session.engine, awake, stopped)
    loaded.set()
    loop.run()


def _listen(source: int, awake: threading.Event, stopped: threading.Event, loaded: threading.Event) -> None:
    while os.read(source, 4096):
        awake.set()
    if not loaded.is_set():
        os._exit(0)  # Nothing was begun.
    stopped.set()
    awake.set()
