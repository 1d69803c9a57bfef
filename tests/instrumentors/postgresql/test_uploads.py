"""Uploads: whose data it is, and which Syncs the server never looked at."""

from __future__ import annotations

from collections import deque

from timetracer_instrumentors.postgresql.operations import Pending, Result, Upload
from timetracer_instrumentors.postgresql.uploads import DATA, Uploads

E, S, Q = b"ESQ"


def kinds(queue: deque[Pending]) -> bytes:
    return bytes(pending.kind for pending in queue)


def begun(uploads: Uploads, kind: int, *, copying: bool = True) -> Pending:
    pending = Pending(kind, upload=Upload())
    uploads.asked(pending)
    if copying:
        pending.outcome.results.append(Result(copy=b"G\0\0\0"))
    return pending


def test_syncs_before_the_data_are_ignored_and_those_after_it_are_not() -> None:
    queue: deque[Pending] = deque()
    uploads = Uploads(queue)
    pending = begun(uploads, E)
    queue.append(Pending(S))
    uploads.data(b"1")
    uploads.data(b"2")
    uploads.ends("done")
    queue.append(Pending(S))
    assert kinds(queue) == bytes([E, S, DATA, S])
    assert pending.upload is not None
    assert pending.upload.end == "done"
    queue.popleft()
    uploads.answered(pending)
    assert kinds(queue) == bytes([S])


def test_a_failure_before_any_data() -> None:
    queue: deque[Pending] = deque()
    uploads = Uploads(queue)
    pending = begun(uploads, E)
    queue.append(Pending(S))
    queue.popleft()
    uploads.failed(pending)
    uploads.answered(pending)
    assert kinds(queue) == b""
    uploads.data(b"too late")
    uploads.ends("done")
    assert kinds(queue) == b""
    assert pending.upload is not None
    assert pending.upload.end == ""


def test_a_copy_that_never_began_leaves_the_syncs() -> None:
    queue: deque[Pending] = deque()
    uploads = Uploads(queue)
    pending = begun(uploads, E, copying=False)
    queue.append(Pending(S))
    queue.popleft()
    uploads.answered(pending)
    assert kinds(queue) == bytes([S])


def test_data_of_a_copy_that_never_began_is_passed_by() -> None:
    queue: deque[Pending] = deque()
    uploads = Uploads(queue)
    begun(uploads, Q, copying=False)
    uploads.data(b"1")
    queue.popleft()
    uploads.pass_by()
    assert kinds(queue) == b""


def test_data_without_a_copy_is_nobodys() -> None:
    queue: deque[Pending] = deque()
    uploads = Uploads(queue)
    uploads.asked(Pending(Q))
    uploads.data(b"1")
    uploads.ends("done")
    assert kinds(queue) == bytes([Q])
