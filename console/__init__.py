"""What people look at: the JSON API, the pages and the live monitor."""
