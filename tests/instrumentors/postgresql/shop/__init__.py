"""A Django app, for scenarios and for a service (``DATABASE``, a URL)."""
