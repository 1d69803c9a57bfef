"""Old versions of the schema, brought up to the current one a step at a time.

The version is an integer in the resource attributes, ``timetracer.schema_version``. What has none was written by
somebody else: plain OTLP, in which nothing of ours needs a migration. A step changes one ``resourceSpans`` entry
(parsed OTLP/JSON) in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from timetracer.cassette import attributes
from timetracer.cassette.places import Wrong, member, shown
from timetracer.errors import CassetteTooNew

CURRENT: Final = 1
VERSION: Final = "timetracer.schema_version"

Step: TypeAlias = Callable[[dict[str, Any]], None]
STEPS: Final[Mapping[int, Step]] = {}
"""From the version that is the key to the next one."""


def migrate(entry: dict[str, Any], path: str, steps: Mapping[int, Step] = STEPS, current: int = CURRENT) -> None:
    """Bring a ``resourceSpans`` entry up to version `current`.

    Raises:
        Wrong: the version is not a positive integer.
        CassetteTooNew: it is newer than `current`.
    """
    resource = attributes.read(member(entry, "resource").get("attributes"), "resource.attributes")
    version = resource.get(VERSION, current)
    if type(version) is not int or version < 1:
        raise Wrong(f"{VERSION} must be a positive integer, not {shown(version)}", "resource.attributes")
    if version > current:
        raise CassetteTooNew(path, _too_new(version, current, resource.get("timetracer.versions")))
    for step in range(version, current):
        steps[step](entry)


def _too_new(version: int, current: int, versions: object) -> str:
    # The text ends up in somebody's shell: take nothing from the file that is not a version number.
    found = re.search(r'"timetracer": ?"([0-9][0-9a-z.+]{0,30})"', versions) if isinstance(versions, str) else None
    writer, wanted = (f"timetracer {found[1]}", f">={found[1]}") if found else ("a newer timetracer", "")
    return (
        f"schema version {version}, written by {writer}; this one reads up to version {current}:"
        f" pip install --upgrade 'timetracer-otel{wanted}'"
    )
