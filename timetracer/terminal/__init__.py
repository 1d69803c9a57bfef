"""Cassettes on a terminal, drawn with rich: timeline, tables, payloads."""
