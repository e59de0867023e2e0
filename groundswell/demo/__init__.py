"""The launch day of the demo: a made-up week of tickets, then the day on which things happen."""

from groundswell.demo.scenario import Injected, Scenario, generate
from groundswell.demo.writer import write

__all__ = ["Injected", "Scenario", "generate", "write"]
