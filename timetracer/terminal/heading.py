"""The lines above a cassette: what it is a recording of, how it ended, how much it is, of which service, when."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from timetracer.analysis.amounts import counted, duration, moment
from timetracer.analysis.overlay import counts
from timetracer.analysis.semconv import About, about, has_failed
from timetracer.analysis.spelling import service_name
from timetracer.analysis.trace import extent
from timetracer.cassette.model import Cassette
from timetracer.terminal.paper import ERROR, QUIET, WARNING, Paper


def heading(cassette: Cassette, paper: Paper, *, underway: bool = False) -> Iterator[Text]:
    """What the cassette is a recording of and how it ended; below, how much it is, of which service, when.

    Args:
        underway: it has not ended yet.
    """
    root = cassette.root
    facts = about(root) if root else None
    start, end = extent(cassette)
    title = paper.text(facts.title if facts else cassette.name or "empty cassette")
    status = "under way" if underway else paper.text(facts.status if facts else "", limit=10)
    took = duration(end - start, ascii_only=paper.ascii_only)
    first = Text().append(paper.clip(title, paper.width - len(status) - len(took) - 4), "bold")
    if facts and status:
        first.append(f"  {status}", WARNING if underway else status_colour(facts))
    yield first.append(f"  {took}")

    failed = sum(map(has_failed, cassette.spans))
    service = cassette.resource.get("service.name")
    said = [counted(len(cassette.spans), "span"), counted(len(cassette.exchanges), "exchange")]
    said += [counted(failed, "error")] if failed else []
    became = counts(cassette.spans)
    said += ["replay: " + ", ".join(f"{count:,} {what}" for what, count in became.items())] if became else []
    said += [cassette.name] if facts and cassette.name not in ("", facts.title) else []
    said += [named] if isinstance(service, str) and (named := service_name(service)) else []
    said += [f"{moment(start)} UTC", f"trace {root.trace_id}"] if root else []
    yield from flow([paper.clip(paper.text(words), paper.width) for words in said], paper)


def flow(words: list[str], paper: Paper) -> Iterator[Text]:
    """Words side by side with dots between them, on as many lines as they need."""
    dot, line = paper.sign(" · ", ", "), ""
    for word in words:
        if line and cell_len(line + dot + word) > paper.width:
            yield Text(line, QUIET)
            line = word
        else:
            line = line + dot + word if line else word
    yield Text(line, QUIET)


def status_colour(facts: About) -> str:
    """Red for a failure, yellow for a 4xx, green otherwise."""
    if facts.failed or facts.status[:1] == "5":
        return ERROR
    return WARNING if facts.status[:1] == "4" else "green"
