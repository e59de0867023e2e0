"""Operating the installation from the console: what it is handed for that, and what its pages and routes do with it."""

from console.operations.background import Background, WorkState
from console.operations.parts import OperationFailed, OperationsParts, RetryOrder, RetryResult
from console.operations.service import LONGEST_PAUSE, ChannelNotSetUp, NotAvailable, Operations

__all__ = [
    "LONGEST_PAUSE",
    "Background",
    "ChannelNotSetUp",
    "NotAvailable",
    "OperationFailed",
    "Operations",
    "OperationsParts",
    "RetryOrder",
    "RetryResult",
    "WorkState",
]
