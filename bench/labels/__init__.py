"""A simulated labelling study."""
