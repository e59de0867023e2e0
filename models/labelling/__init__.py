"""Labelling: label sets, queues of cases, agreement of labellers, and what labels say of themes and of AI-handled cases.

Everything here is pure: records and arrays come in, records go out, and randomness is a generator that is passed in.
`docs/methods/labelling.md` has the formulas.
"""
