"""Views for analysts: one row per ticket, promise, solution, spike, incident, theme and day, with readable times and without text."""
