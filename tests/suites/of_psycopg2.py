"""psycopg2's own test suite: ``of_psycopg2.py [SDIST]``. pip wants ``pg_config`` to download its source."""

from __future__ import annotations

import sys

from three_times import Suite

from services.postgresql import run

NAME = "psycopg2_test"
SUITE = Suite(
    source="psycopg2",
    installed="psycopg2-binary",
    place=lambda port: {"PSYCOPG2_TESTDB_HOST": "127.0.0.1", "PSYCOPG2_TESTDB_PORT": str(port), "PGUSER": "postgres"},
    prepare=lambda url: run(url, f"CREATE DATABASE {NAME}"),
)

if __name__ == "__main__":
    sys.exit(SUITE.main())
