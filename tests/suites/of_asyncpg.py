"""asyncpg's own test suite: ``of_asyncpg.py [SDIST]``."""

from __future__ import annotations

import os
import sys

from three_times import Suite

SUITE = Suite(
    source="asyncpg",
    installed="asyncpg",
    left_out=("tests/test__sourcecode.py",),
    place=lambda port: {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres"},
)

if __name__ == "__main__":
    if os.name != "posix":
        sys.exit("the suite runs where PostgreSQL has unix sockets")
    sys.exit(SUITE.main())
