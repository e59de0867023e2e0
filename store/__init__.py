"""The store: tables, migrations and queries, the same on SQLite and PostgreSQL."""
