"""The settings: what there is to set, where it may stand, what is allowed.

`Settings` declares each one once; the names in the environment (``TIMETRACER_MAX_BODY_BYTES``), the keys in the files
(``max_body_bytes``) and the table in the documentation follow from it. Who is heard first:

1. an argument in code or on the command line,
2. the environment,
3. one file: going up from the working directory, the first folder with ``timetracer.toml``, ``timetracer.yaml``
   (``.yml``) or a ``[tool.timetracer]`` in ``pyproject.toml``. Two of them in one folder are an error.

Every mistake is one `SettingError` that names the key, where it stands, and what is allowed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from timetracer.errors import SettingError

Mode = Literal["off", "record", "replay", "auto", "rewrite", "verify"]
Clock = Literal["recorded", "live"]

PREFIX = "TIMETRACER_"
_T = TypeVar("_T")


# Parsers: what stands in the environment (text) or a file (text, number, list …) -> the setting; ValueError if wrong.


def _choice(*allowed: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() not in allowed:
            raise ValueError
        return value.strip().lower()

    return parse


def _path(value: object) -> Path:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ValueError
    return Path(cast("str | os.PathLike[str]", value))


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    if not isinstance(value, list | tuple):
        raise ValueError
    names = cast("list[object] | tuple[object, ...]", value)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError
    return tuple(str(name).strip() for name in names)


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _names(value)
    if not all(pattern.startswith(("/", "*")) for pattern in patterns):
        raise ValueError
    return patterns


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    share = float(value)
    if not 0 <= share <= 1:  # true for NaN as well
        raise ValueError
    return share


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in {"true", "1", "yes", "on"}:
        return True
    if word in {"false", "0", "no", "off"}:
        return False
    raise ValueError


_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30, "b": 1}


def _size(value: object) -> int:
    if isinstance(value, str):
        text = value.strip().lower()
        unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
        digits = text.removesuffix(unit).rstrip().replace("_", "")
        if not (digits.isascii() and digits.isdecimal()):
            raise ValueError
        return int(digits) * _UNITS.get(unit, 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError
    return value


_MODES = ("off", "record", "replay", "auto", "rewrite", "verify")
_CLOCKS = ("recorded", "live")


def _setting(default: _T, parse: Callable[[object], object], allowed: str, about: str, key: str = "") -> _T:
    """A field of `Settings` that knows how to be read. `key`: its dotted name in a file, where that is another."""
    return field(default=default, metadata={"parse": parse, "allowed": allowed, "about": about, "key": key})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. A path that a file names is relative to that file; any other to the working directory."""

    mode: Mode | None = _setting(
        None, _choice(*_MODES), f"one of {', '.join(_MODES)}", "What to do. Not set: whoever asks decides."
    )
    dir: Path = _setting(Path("cassettes"), _path, "a path", "The directory (or archive) that cassettes are kept in.")
    cassette: Path | None = _setting(None, _path, "a path", "The one cassette to record to, or to replay from.")
    live: tuple[str, ...] = _setting(
        (), _names, "names of libraries", "Libraries whose calls really go out while everything else is replayed."
    )
    sample_rate: float = _setting(1.0, _share, "a number from 0 to 1", "The share of the traces that is recorded.")
    errors_only: bool = _setting(False, _switch, "true or false", "Keep only the cassettes in which something failed.")
    exclude_paths: tuple[str, ...] = _setting(
        (), _patterns, "patterns such as /health* (each begins with / or *)", "Inbound requests that are not recorded."
    )
    max_body_bytes: int = _setting(
        32 * 2**20, _size, "a number of bytes, or a size such as 64MB or 1MiB", "The longest body that is kept."
    )
    match: tuple[str, ...] | None = _setting(
        None, _names, "names of parts of a request", "What a call and a recorded one must share. Not set: everything."
    )
    noise: tuple[str, ...] = _setting(
        (), _names, "paths such as request.headers.x-request-id", "What may differ between a call and a recorded one."
    )
    redact_paths: tuple[str, ...] = _setting(
        (), _names, "paths such as response.body.user.ssn", "What else is taken out, by its place.", "redact.paths"
    )
    redact_names: tuple[str, ...] = _setting(
        (), _names, "names of headers, parameters and fields", "What else is taken out, by its name.", "redact.names"
    )
    redact_keep: tuple[str, ...] = _setting(
        (), _names, "kinds such as email, names, paths", "What stays, though a rule would take it out.", "redact.keep"
    )
    clock: Clock = _setting(
        "recorded", _choice(*_CLOCKS), f"one of {', '.join(_CLOCKS)}", "The time that code sees while it is replayed."
    )
    strict: bool = _setting(False, _switch, "true or false", "A recorded call that was not played fails the replay.")
    replay_report: Path | None = _setting(
        None, _path, "a path", "The file that a replay tells in what became of each recorded call, for `view --replay`."
    )
    replay_keep: Path | None = _setting(
        None, _path, "a path", "The directory (or archive) in which a replay keeps what it did, as cassettes."
    )
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)
    """Where each setting that was set stands: ``{"mode": "the environment", "dir": "/app/timetracer.toml"}``."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One setting as somebody wrote it."""

    name: str
    key: str
    source: str
    value: object


def load(
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    arguments: Mapping[str, object] | None = None,
) -> Settings:
    """The settings in force.

    Args:
        environ: the environment's variables; None: this process's.
        cwd: where the search for a file starts; None: the working directory.
        arguments: what code or a command line said, by a setting's name; None as a value: not said.

    Raises:
        SettingError: for the first thing that is wrong, nearest first: arguments, environment, file.
    """
    heard: dict[str, _Entry] = {}
    for entry in (*_said(arguments or {}), *_exported(os.environ if environ is None else environ), *_filed(cwd)):
        heard.setdefault(entry.name, entry)
    values = {name: _parsed(entry) for name, entry in heard.items()}
    return Settings(**values, sources={name: entry.source for name, entry in heard.items()})


def in_ci(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this is a run that nobody watches: ``CI`` is set, as every CI service sets it, and not to a no."""
    value = (os.environ if environ is None else environ).get("CI", "").strip().lower()
    return value not in {"", "0", "false", "no", "off"}


def decided(mode: str) -> str:
    """``auto`` never records where ``CI`` is set: what is missing there is a mistake, not a reason to call anybody."""
    return "replay" if mode == "auto" and in_ci() else mode


def table() -> str:
    """The settings as a Markdown table, for the documentation."""
    rows = ["| setting | in the environment | allowed | default | |", "|---|---|---|---|---|"]
    for key, one in _declared().items():
        default: object = one.default
        shown = "" if default in (None, ()) else str(default).lower() if isinstance(default, bool) else str(default)
        allowed, about = one.metadata["allowed"], one.metadata["about"]
        rows.append(f"| `{key}` | `{PREFIX}{one.name.upper()}` | {allowed} | {shown} | {about} |")
    return "\n".join(rows) + "\n"


def _declared() -> dict[str, Field[Any]]:
    """The settings by their key in a file: ``mode``, ``redact.paths`` …"""
    return {one.metadata["key"] or one.name: one for one in fields(Settings) if one.metadata}


def _parsed(entry: _Entry) -> Any:
    (one,) = (one for one in fields(Settings) if one.name == entry.name)
    try:
        value = one.metadata["parse"](entry.value)
    except ValueError:
        shown = entry.value if isinstance(entry.value, str | int | float) else type(entry.value).__name__
        raise SettingError(
            entry.key, entry.source, f"{shown!r} is not allowed; it must be {one.metadata['allowed']}"
        ) from None
    is_relative_to_file = isinstance(value, Path) and entry.source not in {_ARGUMENTS, _ENVIRONMENT}
    return Path(entry.source).parent / value if is_relative_to_file else value


_ARGUMENTS = "the arguments"
_ENVIRONMENT = "the environment"


def _said(arguments: Mapping[str, object]) -> Iterator[_Entry]:
    names = [one.name for one in _declared().values()]
    for name, value in arguments.items():
        if name not in names:
            raise _unknown(name, _ARGUMENTS, name, names)
        if value is not None:
            yield _Entry(name, name, _ARGUMENTS, value)


def _exported(environ: Mapping[str, str]) -> Iterator[_Entry]:
    """An empty variable counts as not set, as OpenTelemetry has it.

    Others may use our prefix (Kubernetes makes TIMETRACER_PORT for a service of that name), so a variable that we do
    not know is wrong only if it looks like a slip of the keyboard.
    """
    names = {one.name.upper(): one.name for one in _declared().values()}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or not value.strip():
            continue
        rest = variable.removeprefix(PREFIX)
        if rest in names:
            yield _Entry(names[rest], variable, _ENVIRONMENT, value)
        elif _nearest(rest, list(names)):
            raise _unknown(variable, _ENVIRONMENT, rest, list(names), PREFIX)


def _filed(cwd: Path | None) -> Iterator[_Entry]:
    try:
        start = (cwd or Path.cwd()).absolute()
    except FileNotFoundError:  # the working directory was deleted under us
        return
    for folder in (start, *start.parents):
        spoken = [
            (path, written)
            for path in (folder / name for name in _READERS)
            if path.is_file() and (written := _read(path)) is not None
        ]
        if len(spoken) > 1:
            first, second = (path.name for path, _ in spoken[:2])
            raise SettingError(
                "timetracer", str(folder), f"both {first} and {second} have settings; keep them in one of the two"
            )
        for path, written in spoken:
            yield from _flat(written, path, "[tool.timetracer] " if path.name == "pyproject.toml" else "")
        if spoken:
            return


def _flat(written: Mapping[str, object], path: Path, where: str, group: str = "") -> Iterator[_Entry]:
    """The entries of a file; a table in it (``redact``) is a group of settings."""
    declared = _declared()
    groups = {key.partition(".")[0] for key in declared if "." in key}
    for name, value in written.items():
        key = f"{group}{name}"
        if key in declared:
            yield _Entry(declared[key].name, f"{where}{key}", str(path), value)
        elif key in groups:
            if not isinstance(value, dict):
                raise SettingError(f"{where}{key}", str(path), f"must be a table, with {_of(key, declared)}")
            yield from _flat(cast("dict[str, object]", value), path, where, f"{key}.")
        else:
            raise _unknown(f"{where}{key}", str(path), key, [*declared, *groups])


def _of(group: str, keys: Mapping[str, object]) -> str:
    return ", ".join(key.partition(".")[2] for key in keys if key.startswith(f"{group}."))


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), "")


def _unknown(key: str, source: str, name: str, known: list[str], prefix: str = "") -> SettingError:
    nearest = _nearest(name, known)
    hint = f"did you mean {prefix}{nearest}?" if nearest else f"there are {', '.join(known)}"
    return SettingError(key, source, f"there is no such setting; {hint}")


# Files. A reader gives the settings that a file has, or None if it says nothing about Timetracer.


def _read(path: Path) -> Mapping[str, object] | None:
    try:
        written = _understood(path.name, path.read_bytes())
    except OSError as error:
        raise SettingError("timetracer", str(path), f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SettingError("timetracer", str(path), f"cannot be understood: {error}") from None
    except ModuleNotFoundError:
        raise SettingError(
            "timetracer", str(path), "reading YAML takes PyYAML: pip install 'timetracer-otel[yaml]'"
        ) from None
    if written is not None and not isinstance(written, dict):
        raise SettingError("timetracer", str(path), "must be a table of settings")
    return cast("dict[str, object] | None", written)


@lru_cache(maxsize=4)
def _understood(name: str, data: bytes) -> object:
    """What a file says. A run of many tests asks for its settings as often, and they seldom change meanwhile."""
    return _READERS[name](data)


def _toml(data: bytes) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(data.decode())


def _pyproject(data: bytes) -> object:
    if b"timetracer" not in data:  # most are not about us: neither their mistakes nor the time to parse them
        return None
    tool = cast("dict[str, object]", _toml(data)).get("tool")
    return cast("dict[str, object]", tool).get("timetracer") if isinstance(tool, dict) else None


def _yaml(data: bytes) -> object:
    import yaml

    try:
        # Every scalar stays text, as in the environment: else YAML would read `mode: off` as False.
        written: object = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and tables only
    except yaml.YAMLError as error:
        raise ValueError(error) from None
    return written or {}


_READERS: dict[str, Callable[[bytes], object]] = {
    "timetracer.toml": _toml,
    "timetracer.yaml": _yaml,
    "timetracer.yml": _yaml,
    "pyproject.toml": _pyproject,
}
