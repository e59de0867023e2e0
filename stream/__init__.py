"""Events in: readers, validation, and the processing of batches that records what came."""
