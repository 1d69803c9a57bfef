"""Mounts: how the bytes of a driver's connection reach a tap, and how a backend takes the server's place."""
