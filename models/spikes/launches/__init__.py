"""Launches as detection reads them: planned lifts, learned responses and common lift."""
