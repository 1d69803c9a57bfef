"""The command line: one file per command."""

from __future__ import annotations


def main() -> None:
    """The ``timetracer`` command; ends the process with the exit status that ``timetracer --help`` documents."""
    from timetracer.cli.app import app

    app(prog_name="timetracer")
