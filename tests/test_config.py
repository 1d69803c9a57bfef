"""Settings: who is heard first, what is allowed, and one clear error for everything else."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from timetracer import config
from timetracer.config import Settings, load
from timetracer.errors import SettingError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that no settings of this checkout are above of."""
    (tmp_path / "timetracer.toml").write_text("")  # the search ends here
    home = tmp_path / "project"
    home.mkdir()
    return home


def of(project: Path, environ: dict[str, str] | None = None, **arguments: object) -> Settings:
    return load(environ or {}, project, arguments)


def wrong(project: Path, environ: dict[str, str] | None = None, **arguments: object) -> SettingError:
    with pytest.raises(SettingError) as raised:
        load(environ or {}, project, arguments)
    return raised.value


def test_what_nobody_set_has_its_default(project: Path) -> None:
    assert of(project) == Settings()
    assert Settings().mode is None
    assert Settings().dir == Path("cassettes")
    assert Settings().max_body_bytes == 33_554_432
    assert Settings().clock == "recorded"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("mode", "record", "record"),
        ("mode", " Replay ", "replay"),
        ("dir", "/var/tapes", Path("/var/tapes")),
        ("cassette", "one.json", Path("one.json")),
        ("live", "redis, asyncpg,", ("redis", "asyncpg")),
        ("sample_rate", "0.25", 0.25),
        ("sample_rate", "1", 1.0),
        ("errors_only", "yes", True),
        ("errors_only", "0", False),
        ("exclude_paths", "/health*,*/metrics", ("/health*", "*/metrics")),
        ("max_body_bytes", "0", 0),
        ("max_body_bytes", "1048576", 1_048_576),
        ("max_body_bytes", "64MB", 64_000_000),
        ("max_body_bytes", "1MiB", 1_048_576),
        ("max_body_bytes", "1 gib", 2**30),
        ("max_body_bytes", "10_000 B", 10_000),
        ("match", "method,url", ("method", "url")),
        ("noise", "request.headers.x-id", ("request.headers.x-id",)),
        ("redact_paths", "response.body.user.ssn", ("response.body.user.ssn",)),
        ("redact_names", "x-secret", ("x-secret",)),
        ("redact_keep", "email", ("email",)),
        ("clock", "live", "live"),
        ("strict", "true", True),
    ],
)
def test_environment(project: Path, name: str, text: str, value: object) -> None:
    settings = of(project, {f"TIMETRACER_{name.upper()}": text})
    assert getattr(settings, name) == value
    assert settings.sources == {name: "the environment"}


TOML = """
mode = "auto"
dir = "tapes"
live = ["redis"]
sample_rate = 1
errors_only = true
exclude_paths = ["/health*"]
max_body_bytes = 1024
match = ["method"]
clock = "live"
[redact]
paths = ["response.body.user.ssn"]
names = ["x-secret"]
keep = ["email"]
"""
YAML = """
mode: auto
dir: tapes
live: [redis]
sample_rate: 1
errors_only: true
exclude_paths: ["/health*"]
max_body_bytes: 1024
match: [method]
clock: live
redact:
  paths: [response.body.user.ssn]
  names: [x-secret]
  keep: [email]
"""
PYPROJECT = TOML.replace("[redact]", "[tool.timetracer.redact]").replace("\nmode", "\n[tool.timetracer]\nmode", 1)


@pytest.mark.parametrize(
    ("file", "text"),
    [("timetracer.toml", TOML), ("timetracer.yaml", YAML), ("timetracer.yml", YAML), ("pyproject.toml", PYPROJECT)],
)
def test_each_kind_of_file_says_the_same(project: Path, file: str, text: str) -> None:
    (project / file).write_text(text)
    below = project / "src" / "shop"
    below.mkdir(parents=True)
    settings = of(below)
    assert settings == Settings(
        mode="auto",
        dir=project / "tapes",
        live=("redis",),
        sample_rate=1.0,
        errors_only=True,
        exclude_paths=("/health*",),
        max_body_bytes=1024,
        match=("method",),
        redact_paths=("response.body.user.ssn",),
        redact_names=("x-secret",),
        redact_keep=("email",),
        clock="live",
    )
    assert set(settings.sources.values()) == {str(project / file)}


def test_an_argument_comes_before_the_environment_and_that_before_a_file(project: Path) -> None:
    (project / "timetracer.toml").write_text('mode = "off"\nclock = "live"\nstrict = true\nsample_rate = 0.5')
    settings = of(project, {"TIMETRACER_MODE": "record", "TIMETRACER_CLOCK": "recorded"}, mode="replay", strict=None)
    assert (settings.mode, settings.clock, settings.strict) == ("replay", "recorded", True)
    assert settings.sources == {
        "mode": "the arguments",
        "clock": "the environment",
        "strict": str(project / "timetracer.toml"),
        "sample_rate": str(project / "timetracer.toml"),
    }


def test_a_mistake_that_something_nearer_overrules_harms_nobody(project: Path) -> None:
    (project / "timetracer.toml").write_text('mode = "wrong"')
    assert of(project, {"TIMETRACER_MODE": "off"}).mode == "off"


def test_the_nearest_folder_with_settings_is_the_only_one_read(project: Path) -> None:
    (project / "timetracer.toml").write_text('mode = "off"\nstrict = true')
    below = project / "service"
    below.mkdir()
    (below / "pyproject.toml").write_text('[tool.timetracer]\nmode = "record"')
    settings = of(below)
    assert (settings.mode, settings.strict) == ("record", False)


@pytest.mark.parametrize(
    "text", ["[tool.ruff]\nline-length = 88", "not TOML at [all", '[project]\ndependencies = ["timetracer-otel"]']
)
def test_a_pyproject_that_is_not_about_us_is_passed_by(project: Path, text: str) -> None:
    (project / "timetracer.toml").write_text("strict = true")
    below = project / "service"
    below.mkdir()
    (below / "pyproject.toml").write_text(text)
    assert of(below).strict


def test_a_path_in_the_environment_or_in_code_stays_relative_to_the_working_directory(project: Path) -> None:
    settings = of(project, {"TIMETRACER_DIR": "tapes"}, cassette=Path("one.json"))
    assert (settings.dir, settings.cassette) == (Path("tapes"), Path("one.json"))


def test_an_empty_variable_counts_as_not_set(project: Path) -> None:
    assert of(project, {"TIMETRACER_MODE": "", "TIMETRACER_LIVE": " "}) == Settings()


def test_off_in_yaml_is_a_word_and_not_a_boolean(project: Path) -> None:
    (project / "timetracer.yaml").write_text("mode: off\nstrict: off")
    settings = of(project)
    assert (settings.mode, settings.strict) == ("off", False)


def test_an_empty_file_has_no_settings_and_ends_the_search_all_the_same(project: Path) -> None:
    (project.parent / "timetracer.toml").write_text("strict = true")
    (project / "timetracer.yaml").write_text("# none yet\n")
    assert of(project) == Settings()


def test_variables_of_others_are_left_alone(project: Path) -> None:
    kubernetes = {"TIMETRACER_PORT": "tcp://10.0.0.1:80", "TIMETRACER_SERVICE_HOST": "10.0.0.1", "MODE": "x"}
    assert of(project, {**kubernetes, "TIMETRACER_TEST_POSTGRESQL": "postgresql://"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "recrod"),
        ("mode", False),
        ("dir", ""),
        ("dir", 3),
        ("live", [1]),
        ("live", {"redis": True}),
        ("live", [""]),
        ("sample_rate", 1.5),
        ("sample_rate", -0.1),
        ("sample_rate", "nan"),
        ("sample_rate", "half"),
        ("sample_rate", True),
        ("errors_only", "perhaps"),
        ("errors_only", 1),
        ("exclude_paths", "health*"),
        ("max_body_bytes", -1),
        ("max_body_bytes", "-1"),
        ("max_body_bytes", "1.5MB"),
        ("max_body_bytes", "10 pounds"),
        ("max_body_bytes", True),
        ("match", 7),
        ("clock", "slow"),
        ("strict", []),
    ],
)
def test_a_wrong_value(project: Path, name: str, value: object) -> None:
    error = wrong(project, **{name: value})
    (allowed,) = (one.metadata["allowed"] for one in config.fields(Settings) if one.name == name)
    assert (error.key, error.source) == (name, "the arguments")
    assert allowed in error.problem


def test_a_wrong_value_in_the_environment_names_the_variable(project: Path) -> None:
    assert str(wrong(project, {"TIMETRACER_MODE": "recrod"})) == (
        "TIMETRACER_MODE (from the environment): 'recrod' is not allowed; "
        "it must be one of off, record, replay, auto, rewrite, verify"
    )


@pytest.mark.parametrize(
    ("file", "text", "key", "problem"),
    [
        ("timetracer.toml", "sample_rate = 2", "sample_rate", "2 is not allowed; it must be a number from 0 to 1"),
        ("timetracer.toml", "[redact]\nnames = 3", "redact.names", "3 is not allowed; it must be names of headers"),
        ("timetracer.toml", "redact = 3", "redact", "must be a table, with paths, names, keep"),
        ("timetracer.toml", "[redact]\npath = []", "redact.path", "did you mean redact.paths?"),
        ("timetracer.toml", "max-body-bytes = 3", "max-body-bytes", "did you mean max_body_bytes?"),
        ("timetracer.toml", "colour = 3", "colour", "there is no such setting; there are mode, dir, cassette"),
        ("timetracer.toml", "mode = ", "timetracer", "cannot be understood: "),
        ("timetracer.toml", "mode = '\udcff'", "timetracer", "cannot be understood: 'utf-8'"),
        ("timetracer.yaml", "mode: [", "timetracer", "cannot be understood: while parsing"),
        ("timetracer.yaml", "- mode", "timetracer", "must be a table of settings"),
        ("timetracer.yaml", "mode: {a: 1}", "mode", "'dict' is not allowed"),
        ("pyproject.toml", "[tool.timetracer]\nmoed = 'off'", "[tool.timetracer] moed", "did you mean mode?"),
        ("pyproject.toml", "[tool]\ntimetracer = 3", "timetracer", "must be a table of settings"),
        ("pyproject.toml", "[tool.timetracer", "timetracer", "cannot be understood: "),
    ],
)
def test_a_wrong_file(project: Path, file: str, text: str, key: str, problem: str) -> None:
    (project / file).write_bytes(text.encode(errors="surrogateescape"))
    error = wrong(project)
    assert (error.key, error.source) == (key, str(project / file))
    assert problem in error.problem


def test_a_slip_in_a_variable_or_an_argument_is_guessed(project: Path) -> None:
    assert "did you mean TIMETRACER_SAMPLE_RATE?" in str(wrong(project, {"TIMETRACER_SAMPLERATE": "1"}))
    assert "did you mean mode?" in str(wrong(project, moed="off"))


def test_two_files_in_one_folder_are_an_error(project: Path) -> None:
    (project / "timetracer.toml").write_text("strict = true")
    (project / "pyproject.toml").write_text("[tool.timetracer]\nstrict = true")
    error = wrong(project)
    assert error.source == str(project)
    assert error.problem == "both timetracer.toml and pyproject.toml have settings; keep them in one of the two"


def test_a_file_that_cannot_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (project / "timetracer.toml").touch()
    monkeypatch.setattr(Path, "read_bytes", denied)
    assert wrong(project).problem == "cannot be read: Permission denied"


def test_yaml_without_pyyaml_says_what_to_install(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_yaml(name: str, *rest: Any) -> Any:
        if name == "yaml":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    real = builtins.__import__
    (project / "timetracer.yaml").touch()
    monkeypatch.setattr(builtins, "__import__", without_yaml)
    assert "pip install 'timetracer-otel[yaml]'" in wrong(project).problem


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load({}) == Settings()


def test_this_process_is_asked_when_nothing_else_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("TIMETRACER_MODE", "verify")
    assert load().mode == "verify"


def test_the_table_has_every_setting_once() -> None:
    rows = config.table().splitlines()[2:]
    names = [one.name for one in config.fields(Settings) if one.name != "sources"]
    assert [row.split("`")[3] for row in rows] == [f"TIMETRACER_{name.upper()}" for name in names]
    assert rows[10].startswith("| `redact.paths` | `TIMETRACER_REDACT_PATHS` |")
    assert all(row.count("|") == 6 for row in rows)


def test_the_readers_are_loaded_only_when_there_is_something_to_read(fresh_python: Callable[[str], str]) -> None:
    probe = "import sys, timetracer.config; print({'tomllib', 'tomli', 'yaml', 'difflib'} & set(sys.modules))"
    assert fresh_python(probe) == "set()"


@pytest.mark.parametrize(("ci", "mode"), [("", "auto"), ("0", "auto"), ("true", "replay"), ("1", "replay")])
def test_auto_only_replays_in_ci(monkeypatch: pytest.MonkeyPatch, ci: str, mode: str) -> None:
    monkeypatch.setenv("CI", ci)
    assert config.decided("auto") == mode
    assert config.decided("record") == "record"
