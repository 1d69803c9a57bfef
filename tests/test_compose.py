"""docker-compose.yml and the collector's configuration, as far as they can be checked without Docker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.found import KINDS

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
COLLECTOR = yaml.safe_load((ROOT / "docs" / "collector.yaml").read_text(encoding="utf-8"))

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_the_servers_that_tests_need() -> None:
    assert set(SERVICES) == {"postgres", "mongo", "redis", "rabbitmq", "moto", "collector"}


@each_service
def test_each_has_a_health_check_that_comes_to_an_end(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert all(isinstance(word, str) for word in check["test"])
    assert len(check["test"]) >= 3
    assert {"interval", "timeout", "retries"} <= check.keys()


@each_service
def test_each_image_has_a_version(service: dict[str, Any]) -> None:
    images = (
        [service["image"]] if "image" in service else re.findall(r"FROM (\S+)", service["build"]["dockerfile_inline"])
    )
    assert images
    assert all(re.search(r":\d", image) for image in images), images


@each_service
def test_each_port_is_open_to_this_machine_alone(service: dict[str, Any]) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in service["ports"])


def test_tests_find_each_on_its_usual_port() -> None:
    published = {int(port.split(":")[1]) for service in SERVICES.values() for port in service["ports"]}
    assert {kind.port for kind in KINDS.values()} <= published


def test_the_collector_reads_cassettes_and_names_only_what_it_declares() -> None:
    pipeline = COLLECTOR["service"]["pipelines"]["traces"]
    assert set(pipeline["receivers"]) == set(COLLECTOR["receivers"]) == {"otlp", "otlpjsonfile"}
    assert set(pipeline["exporters"]) == set(COLLECTOR["exporters"])
    assert set(COLLECTOR["service"]["extensions"]) == set(COLLECTOR["extensions"])
    mounted = dict(volume.removesuffix(":ro").rsplit(":", 1) for volume in SERVICES["collector"]["volumes"])
    assert (ROOT / next(path for path in mounted if path.endswith("collector.yaml"))).is_file()
    assert all(path.startswith("/cassettes/") for path in COLLECTOR["receivers"]["otlpjsonfile"]["include"])
