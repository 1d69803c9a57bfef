"""``timetracer view``: cassettes to browse interactively."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timetracer.cassette.replays import is_replay_of
from timetracer.cli.app import command_app
from timetracer.cli.options import AsciiOption, NameArgument
from timetracer.cli.reading import Reader, open_or_none
from timetracer.cli.span_options import ReplayOption, overlay
from timetracer.errors import CassetteNotFound, TimetracerError

if TYPE_CHECKING:
    from timetracer.cassette.model import Cassette
    from timetracer.store.entry import Entry
    from timetracer.viewer.app import Source

app = command_app()

_EPILOG = """Examples:

- `timetracer view cassettes/`

- `timetracer view cassettes.sqlite --watch`

- `timetracer view cassettes/test_shop/test_order.json`

In it, `?` tells what the keys do.
"""
_EVERY = 1.0


@app.command("view", epilog=_EPILOG)
def view(
    path: Annotated[Path, typer.Argument(help="A cassette file, a directory, or an archive.")] = Path("cassettes"),
    name: NameArgument = "",
    *,
    replay: ReplayOption = None,
    kept: Annotated[
        Path | None, typer.Option(help="What replays did; `d` compares a trace with them.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show cassettes as they are recorded.")] = False,
    theme: Annotated[str, typer.Option(help="The colours to begin with: dark, light or one of textual's.")] = "dark",
    ascii_only: AsciiOption = False,
) -> None:
    """Browse cassettes interactively.

    A list of the cassettes, and on Enter the trace of one: waterfall, payloads, flame graph, statistics; fold, filter,
    search in payloads, go from error to error, zoom. Needs textual: `pip install 'timetracer-otel[view]'`.
    """
    if find_spec("textual") is None:
        raise TimetracerError("the viewer needs textual: pip install 'timetracer-otel[view]'")
    if not path.exists() and not watch:
        raise CassetteNotFound(str(path), "there is no such file or directory")
    if kept is not None and not kept.exists():
        raise CassetteNotFound(str(kept), "there is no such file or directory")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise TimetracerError("the viewer needs a terminal; `timetracer timeline` prints into pipes and files")
    from timetracer.viewer.app import Viewer

    where = source(path, overlay(replay), kept, watch=watch)
    only = name or _only(where)
    chosen = {"dark": "textual-dark", "light": "textual-light"}.get(theme, theme)
    viewer = Viewer(where, "" if watch else only, every=_EVERY if watch else None, ascii_only=ascii_only)
    if chosen not in viewer.available_themes:
        raise typer.BadParameter(
            f"one of dark, light, {', '.join(sorted(viewer.available_themes))}", param_hint="--theme"
        )
    viewer.theme = chosen
    try:
        viewer.run()
    finally:
        if where.following is not None:
            where.following.end()


def source(
    path: Path,
    replayed: Callable[[Cassette], Cassette] = lambda cassette: cassette,
    kept: Path | None = None,
    *,
    watch: bool = False,
) -> Source:
    """The cassettes at `path`, read whenever they are asked for; what is damaged is left out of the list.

    Args:
        path: a file, a directory or an archive.
        replayed: lays a replay over a cassette.
        kept: where what replays did is kept.
        watch: follow what is under way as well, until its `following` is ended.
    """
    from timetracer.viewer.app import Source
    from timetracer.viewer.following import Following

    def load(name: str) -> Cassette:
        return next(cassette for _, cassette in Reader(path).cassettes(name))

    def entries() -> list[Entry]:
        return [*Reader(path).entries()] if path.exists() else []

    def replays(recorded: Cassette) -> list[tuple[str, Cassette]]:
        if kept is None or not kept.exists():
            return []
        return [(name, one) for name, one in Reader(kept).cassettes() if is_replay_of(one, recorded)]

    if not watch or (path.is_file() and open_or_none(path) is None):
        return Source(str(path), entries, load, replayed, replays)
    following = Following(path, entries, load)
    return Source(str(path), following.entries, following.load, replayed, replays, following)


def _only(where: Source) -> str:
    """The name of the one cassette that there is; empty if there are several, or none."""
    entries = where.entries()
    return entries[0].name if len(entries) == 1 else ""
