"""The miner's working state between epochs, in parts; all of it can be restored from the store."""

from pipelines.state.miner_state import MinerState, restore, restore_for_decisions

__all__ = ["MinerState", "restore", "restore_for_decisions"]
