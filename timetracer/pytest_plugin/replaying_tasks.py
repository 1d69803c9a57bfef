"""``--timetracer-replay``: each cassette of a task run is a test, which runs the task once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cli.task import find_app
from timetracer.errors import ReplayError, TimetracerError
from timetracer.rerunning import rerun, work


class TaskCassettes:
    """The plugin.

    Args:
        config: pytest's.
        place: a cassette, or a directory of them.
        spec: ``module:app``.
    """

    def __init__(self, config: pytest.Config, place: Path, spec: str) -> None:
        self._place = place.resolve()
        self._spec = spec
        self._app: Any = None
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args.clear()  # nobody has asked for other tests
        if str(self._place) not in config.args:  # a worker of pytest-xdist is told by its parent
            config.args.append(str(self._place))

    @property
    def app(self) -> Any:
        """What has the tasks; imported when the first is run."""
        if self._app is None:
            self._app = find_app(self._spec)
        return self._app

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        ours = file_path == self._place or self._place in file_path.parents
        if not ours or not file_path.name.endswith(files.SUFFIXES):
            return None
        found: CassetteFile = _node(CassetteFile, parent, path=file_path, tasks=self)
        return found


class CassetteFile(pytest.File):
    """A cassette; one of anything else than a task run holds no test.

    Args:
        tasks: the plugin.
    """

    def __init__(self, *, tasks: TaskCassettes, **known: Any) -> None:
        super().__init__(**known)  # pyright: ignore[reportUnknownMemberType]
        self._tasks = tasks

    def collect(self) -> Iterator[pytest.Item]:
        unit = merged(files.read(self.path))
        try:
            exchange, _ = work(unit, self.path)
        except ReplayError:
            return
        yield _node(CassetteItem, self, name=exchange.key, tasks=self._tasks)


class CassetteItem(pytest.Item):
    """One task run.

    Args:
        tasks: the plugin.
    """

    def __init__(self, *, tasks: TaskCassettes, **known: Any) -> None:
        super().__init__(**known)  # pyright: ignore[reportUnknownMemberType]
        self._tasks = tasks

    def runtest(self) -> None:
        rerun(self.path, self._tasks.app).check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any) -> Any:
        """An error of ours is told by its text."""
        if isinstance(excinfo.value, TimetracerError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


def _node(kind: Any, parent: pytest.Collector, **known: Any) -> Any:
    return kind.from_parent(parent, **known)
