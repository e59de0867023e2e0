"""Tables that ticket systems export: one module for what each system calls its columns, and one reader of rows for all."""
