"""``timetracer import``: files of other tools as cassettes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.text import Text

from timetracer.analysis.amounts import counted
from timetracer.cassette import compression, files
from timetracer.cassette.model import Cassette
from timetracer.cli.app import command_app
from timetracer.cli.reading import Reader
from timetracer.errors import CassetteDamaged, CassetteNotFound
from timetracer.formats.har import read_har
from timetracer.formats.units import by_trace
from timetracer.formats.vcrpy import read_vcrpy
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.redactor import Redactor
from timetracer.store.opening import open_store
from timetracer.terminal.paper import console, paper, put
from timetracer.terminal.progress import progress

FORMATS: Final = ("har", "vcrpy", "otlp")
_LIBRARY: Final = "httpx"

app = command_app()

_EPILOG = """Examples:

- `timetracer import recorded.har --from har --out cassettes/recorded.json`

- `timetracer import tests/vcr_cassettes --from vcrpy --out cassettes/`

- `timetracer import traces.jsonl --from otlp --out cassettes.sqlite`
"""


@app.command("import", epilog=_EPILOG)
def import_files(
    path: Annotated[Path, typer.Argument(help="A file, or a directory of them.")],
    *,
    source: Annotated[str, typer.Option("--from", metavar="FORMAT", help=f"{', '.join(FORMATS)}.")],
    out: Annotated[Path, typer.Option(help="A cassette file (of one), a directory, or an archive.")],
    library: Annotated[str, typer.Option(help="The library that is to replay HTTP calls.")] = _LIBRARY,
) -> None:
    """Make cassettes of the files of other tools.

    har and vcrpy: one cassette a file, which `library` replays. otlp: one a trace, with what its spans have; only those
    that Timetracer recorded can be replayed. Secrets are taken out, as when recording.
    """
    if source not in FORMATS:
        raise typer.BadParameter(f"one of {', '.join(FORMATS)}", param_hint="--from")
    if not path.exists():
        raise CassetteNotFound(str(path), "there is no such file or directory")
    read = _otlp(path) if source == "otlp" else _calls(path, source, library)
    made = [*progress(read, "reading")]
    redactor = Redactor()
    for _, cassette in progress(made, "redacting", len(made)):
        redactor.redact_cassette(cassette, Pseudonyms())
    if str(out).endswith(files.SUFFIXES):
        if len(made) != 1:
            raise typer.BadParameter(f"{len(made)} cassettes do not go into one file", param_hint="--out")
        files.write(out, made[0][1])
    elif source == "otlp" or out.suffix:
        with closing(open_store(out)) as store:
            for _, cassette in progress(made, "writing", len(made)):
                store.save(cassette)
    else:
        for name, cassette in progress(made, "writing", len(made)):
            files.write(out / f"{name}.json", cassette)
    on = console()
    put(on, [Text(f"{counted(len(made), 'cassette')} in {paper(on).text(str(out))}")])


def _otlp(path: Path) -> Iterator[tuple[str, Cassette]]:
    reader = Reader(path)
    for unit in by_trace(cassette for _, cassette in reader.cassettes()):
        yield unit.name, unit
    if reader.damages:
        raise reader.damages[0]


def _calls(path: Path, source: str, library: str) -> Iterator[tuple[str, Cassette]]:
    """One cassette for each file, called like it."""
    endings = (".har",) if source == "har" else (".yaml", ".yml", ".json")
    found = sorted(each for each in path.rglob("*") if each.name.endswith(endings)) if path.is_dir() else [path]
    if not found:
        raise CassetteNotFound(str(path), f"there is no file that ends in {', '.join(endings)}")
    for file in found:
        data = compression.decompress(file.read_bytes(), str(file))
        name = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
        if source == "vcrpy":
            yield name, read_vcrpy(data, str(file), library, file.stat().st_mtime_ns)
            continue
        try:
            document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as cause:
            raise CassetteDamaged(str(file), f"not JSON: {cause.msg}", f"line {cause.lineno}") from None
        yield name, read_har(document, str(file), library)
