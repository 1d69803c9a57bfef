"""Where cassettes live: a directory of files, or one SQLite archive, behind one protocol."""
