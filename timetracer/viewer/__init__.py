"""The interactive viewer, made with textual: one widget a file. What it shows is made in `analysis` and `terminal`."""
