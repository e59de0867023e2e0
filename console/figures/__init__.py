"""Pages of figures: what their address asks for, tables that are sorted, searched and exported, and what each page reads."""
