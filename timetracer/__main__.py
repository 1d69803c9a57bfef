"""``python -m timetracer``: the command line of this very Python, whatever is on the path."""

from __future__ import annotations

from timetracer.cli import main

main()
