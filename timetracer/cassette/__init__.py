"""The file: what a cassette is (`model`), how values, spans and whole files are written and read."""
