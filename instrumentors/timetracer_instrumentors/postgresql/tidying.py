"""What a server says to statements that pools send when it suits them, and that nobody need have recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

from timetracer.cassette.model import Plain
from timetracer_instrumentors.postgresql import messages, sql, types
from timetracer_instrumentors.postgresql.description import format_of
from timetracer_instrumentors.postgresql.messages import Row

_ONE = Row("?column?", 0, 0, 23, 4, -1, 0)
_VOID = Row("pg_advisory_unlock_all", 0, 0, 2278, 4, -1, 0)


@dataclass(frozen=True, slots=True)
class Tidied:
    """What one statement gives; a tag of nothing: there was no statement."""

    tag: str
    columns: list[Row] = field(default_factory=list[Row])
    values: tuple[Plain, ...] = ()

    def said(self, results: tuple[int, ...]) -> bytes:
        """Its row and its tag, without the description of its columns."""
        if not self.tag:
            return messages.message(b"I")
        done = messages.message(b"C", messages.string(self.tag))
        if not self.columns:
            return done
        forms = (format_of(results, at) for at in range(len(self.columns)))
        row = [types.encode(*each) for each in zip((c.type for c in self.columns), forms, self.values, strict=True)]
        return messages.data_row(row) + done


def tidied(query: str, *, failed: bool = False) -> list[Tidied]:
    """What the statements of a script of `sql.is_incidental` give.

    Args:
        query: the script.
        failed: the transaction has failed: it can only be rolled back.
    """
    if sql.PING.fullmatch(query):
        return [Tidied("SELECT 1", [_ONE], (1,))]
    found = [_of(tag, failed=failed) for tag in sql.tags(query)]
    return found or [Tidied("")]


def _of(tag: str, *, failed: bool) -> Tidied:
    if tag == "SELECT":
        return Tidied("SELECT 1", [_VOID], ("",))
    return Tidied("ROLLBACK" if failed and tag == "COMMIT" else tag)
