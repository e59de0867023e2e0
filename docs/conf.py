"""Configuration of the documentation site: `make docs` builds it, without any network."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Groundswell"
author = "The Groundswell developers"
project_copyright = author
language = "en"

extensions = ["myst_parser", "groundswell_docs"]
exclude_patterns = ["_ext", "_build", "decisions/template.md"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Text such as `T-1001` or `x3` is meant literally: no typographic replacement.
smartquotes = False

html_theme = "furo"
html_title = "Groundswell"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
