"""Ports that are this process's alone: apart from other processes', outside what the kernel gives, never one in use."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from services.ports import BLOCKS, free_port

CODE = "from services.ports import free_port; print(free_port(), flush=True); input()"


def test_no_two_processes_are_given_the_same() -> None:
    command = [sys.executable, "-c", CODE]
    other = subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    theirs = int(other.stdout.readline())
    ours = free_port()
    other.communicate("end\n")
    assert not any(theirs in block and ours in block for block in BLOCKS)


def test_they_are_not_among_those_that_the_kernel_chooses_from() -> None:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        assert max(BLOCKS[-1]) < chosen.getsockname()[1]


def test_one_in_use_is_passed_over() -> None:
    (block,) = (block for block in BLOCKS if free_port() in block)
    taken = free_port()
    with socket.create_server(("127.0.0.1", taken)):
        given = {free_port() for _ in block}
    assert taken not in given
    assert given < set(block)
