"""What is remembered: tables, migrations and queries, the same on SQLite and PostgreSQL."""
