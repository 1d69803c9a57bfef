"""All subjects, and tables of them for parametrised laws. An instrumentor joins the suite here."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import of_asyncpg, of_botocore, of_celery, of_httpx, of_psycopg, of_pymongo, of_redis
from conformance.subject import Subject

SUBJECTS: tuple[Subject, ...] = (
    of_httpx.SYNC,
    of_httpx.ASYNC,
    of_botocore.SYNC,
    of_botocore.ASYNC,
    of_asyncpg.ASYNC,
    of_psycopg.SYNC,
    of_psycopg.ASYNC,
    of_psycopg.PSYCOPG2,
    of_pymongo.SYNC,
    of_pymongo.ASYNC,
    of_redis.SYNC,
    of_redis.ASYNC,
    of_celery.SENDING,
)

each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)


def each(table: str) -> Any:
    """Parametrises a law by subject and by name of each entry of a table of its: ``acts``, ``failures``, ``others``."""
    rows = [(subject, name) for subject in SUBJECTS for name in getattr(subject, table)]
    return pytest.mark.parametrize(("subject", "name"), rows, ids=[f"{subject.name}-{name}" for subject, name in rows])
