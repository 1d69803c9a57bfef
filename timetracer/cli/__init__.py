"""The command line: one file per command."""

from __future__ import annotations


def main() -> None:
    """The ``timetracer`` command; ends the process with the exit status that ``timetracer --help`` documents."""
    import gc

    from timetracer.cli.app import app

    gc.set_threshold(200_000, 20, 20)  # lists of ten thousand are no garbage: looking through them costs a third

    app(prog_name="timetracer")
