"""Digests: what happened to an audience's themes in a window, with evidence, as Markdown and HTML."""
