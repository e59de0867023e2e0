"""Tickets in several languages: which are recognised, and what becomes of them."""
