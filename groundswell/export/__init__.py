"""`groundswell export`: views written to files of Parquet or CSV, or to one DuckDB file."""
