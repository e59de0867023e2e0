"""Service levels: what is promised to which tickets, whether it was kept, and what is about to be missed."""

from models.service_levels.stated import is_breached

__all__ = ["is_breached"]
