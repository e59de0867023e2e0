"""Embedding: tickets' texts as vectors in which near means alike."""

from models.embedding.base import DIMENSIONS, Embedder, Vectors
from models.embedding.fake import HashingEmbedder
from models.embedding.minilm import MiniLM
from models.embedding.text import ticket_text

__all__ = ["DIMENSIONS", "Embedder", "HashingEmbedder", "MiniLM", "Vectors", "ticket_text"]
