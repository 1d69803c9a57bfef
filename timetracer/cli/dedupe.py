"""``timetracer dedupe``: cassettes that say what another one says, removed."""

from __future__ import annotations

from timetracer.cli.app import command_app
from timetracer.cli.clean import DryOption, StoreArgument, remove
from timetracer.cli.reading import Reader
from timetracer.store.tidying import repeated
from timetracer.terminal.progress import progress

app = command_app()


@app.command("dedupe", epilog="Example: `timetracer dedupe cassettes.sqlite --dry-run`")
def dedupe(path: StoreArgument, *, dry_run: DryOption = False) -> None:
    """Remove cassettes that say what a newer one says.

    They are of the same inbound request, made the same calls in the same places, and got the same answers; times, ids
    and headers of the moment do not count.
    """
    reader = Reader(path)
    entries = {entry.name: entry for entry in progress(reader.entries(), "reading", reader.how_many())}
    found = progress(reader.scan(), "comparing", len(entries))
    gone = [entry for entry, _ in repeated((entries[name], cassette) for name, cassette in found if name in entries)]
    remove(path, gone, dry_run=dry_run)
    reader.finish()
