"""What is said to statements that nobody need have recorded."""

from __future__ import annotations

import pytest

from services.postgresql_transcripts import EMPTY, complete, row
from timetracer_instrumentors.postgresql.tidying import tidied


@pytest.mark.parametrize(
    ("query", "failed", "said"),
    [
        ("BEGIN", False, complete("BEGIN")),
        ("COMMIT", False, complete("COMMIT")),
        ("COMMIT", True, complete("ROLLBACK")),
        ("ROLLBACK TO a", True, complete("ROLLBACK")),
        ("CLOSE ALL; RESET ALL", False, complete("CLOSE CURSOR ALL") + complete("RESET")),
        (";", False, EMPTY),
        ("select 1;", False, row(b"1") + complete("SELECT 1")),
        ("SELECT pg_advisory_unlock_all()", False, row(b"") + complete("SELECT 1")),
    ],
)
def test_answers(query: str, failed: bool, said: bytes) -> None:
    assert b"".join(answer.said(()) for answer in tidied(query, failed=failed)) == said


def test_a_ping_in_binary() -> None:
    (answer,) = tidied("select 1")
    assert answer.said((1,)) == row(b"\0\0\0\1") + complete("SELECT 1")
    assert [(column.name, column.type) for column in answer.columns] == [("?column?", 23)]
