"""Charts of hourly tickets: geometry, SVG templates and style, for digests and pages alike."""
