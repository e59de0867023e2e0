"""Launch plans resolved to themes, their common lift, and the review after a launch."""
