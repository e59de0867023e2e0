"""Comparison: groups on the same case mix by direct standardisation, and a change by difference-in-differences.

Groups are AI, human work, vendors or teams. Rows of a table come in (`RateCell`, `MeanCell`, `TimeCell`, `PanelRow`), plain records go
out; nothing here knows a database. `docs/methods/comparison.md` has the formulas.
"""
