"""Ports for servers that are started by number and listen a while later.

The kernel hands out its ephemeral ports to whoever connects anywhere in between, and to other test processes. So these are below its
range, each test process has a range of its own, and none is given twice.
"""

import itertools
import os
import socket
from collections.abc import Iterator

FIRST, EACH = 20_000, 1_000
"""Up to 32,767, below the ephemeral ports of Linux and others, there is room for twelve test processes."""


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 on which nothing listens, and that this process has not given before."""
    return list(itertools.islice((port for port in _PORTS if _is_free(port)), count))


def _own() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
    begin = os.getpid() % EACH
    for number in itertools.count(begin):
        yield FIRST + worker * EACH + number % EACH


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_PORTS = _own()
