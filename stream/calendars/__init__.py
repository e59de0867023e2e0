"""Calendars: launches from files, public holidays, and the time zone that regions have."""
