"""Erasure as a person asks for it: carried out everywhere, proved, and looked at again."""
