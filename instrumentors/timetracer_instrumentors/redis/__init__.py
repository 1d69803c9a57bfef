"""Redis and what speaks like it: the protocol, and the drivers that are mounts of it."""
