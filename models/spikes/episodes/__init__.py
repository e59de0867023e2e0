"""Episodes: what is known of a spike, when it began, and which segment contains it."""
