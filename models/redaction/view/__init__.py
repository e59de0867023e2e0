"""The normalised view of a text, in which recognizers search, with a map back to the original."""

from models.redaction.view.characters import Folded, fold

__all__ = ["Folded", "fold"]
