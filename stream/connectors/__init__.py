"""Connectors: what a ticket system sends becomes ticket events. One module per system, all behind one contract."""
