"""Families of themes, and positions on a map: how themes are arranged for people. Mining does not read them."""
