"""What a replay takes for credentials and for a region."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import CredentialResolver, Credentials, DeferredRefreshableCredentials
from botocore.exceptions import NoRegionError

from timetracer_instrumentors.botocore import credentials
from timetracer_instrumentors.botocore.credentials import MadeUp

RECORDED: list[dict[str, Any]] = [
    {"service": "iam", "region": "aws-global"},
    {"service": "s3", "region": "eu-west-1"},
    {"service": "sqs", "region": "us-west-2"},
]


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


class Elsewhere:
    METHOD = "iam-role"

    def load(self) -> Any:
        raise AssertionError("asked")


class Environment:
    METHOD = "env"

    def load(self) -> Any:
        return Credentials("a", "b")


def test_only_providers_of_this_machine_are_asked() -> None:
    ((resolver,), _) = credentials.local(MadeUp())([], CredentialResolver([Elsewhere()]))
    assert resolver.load_credentials().access_key == credentials.MADE_UP
    ((resolver,), _) = credentials.local(MadeUp())([], CredentialResolver([Elsewhere(), Environment()]))
    assert resolver.load_credentials().access_key == "a"


def test_the_made_up_ones_are_not_remembered() -> None:
    session = botocore.session.Session()
    ((twin,), _) = credentials.unremembered([], session)
    twin._credentials = MadeUp().load()
    assert session._credentials is None
    assert twin.get_component("event_emitter") is session.get_component("event_emitter")


class Signer:
    def __init__(self, held: Any) -> None:
        self._credentials = held


@pytest.mark.parametrize(
    ("held", "taken"),
    [
        (None, credentials.MADE_UP),
        (Credentials("a", "b"), "a"),
        (DeferredRefreshableCredentials(dict, "assume-role"), credentials.MADE_UP),
    ],
    ids=["none", "held", "to be fetched"],
)
def test_a_signer_is_given_made_up_ones_where_it_has_none(held: Any, taken: str) -> None:
    own = Signer(held)
    (signer, *args), named = credentials.stand_in(MadeUp().load())([], own, "sqs", "eu-west-1", expires=1)
    assert (args, named) == (["sqs", "eu-west-1"], {"expires": 1})
    assert signer._credentials.access_key == taken
    assert own._credentials is held


@pytest.mark.parametrize(
    ("service", "given", "config", "region"),
    [
        ("sqs", None, None, "us-west-2"),
        ("dynamodb", None, None, "eu-west-1"),
        ("sqs", "ap-south-1", None, "ap-south-1"),
        ("sqs", None, Config(region_name="ap-south-1"), None),
        ("sqs", None, Config(), "us-west-2"),
    ],
)
def test_a_client_without_a_region_has_the_recorded_one(service: str, given: Any, config: Any, region: Any) -> None:
    session = botocore.session.Session()
    args, named = credentials.with_region(RECORDED, session, service, given, config=config)
    assert (args, named) == ((session, service, region), {"config": config})


def test_a_configured_region_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    args, _ = credentials.with_region(RECORDED, botocore.session.Session(), "sqs")
    assert args[2] is None


def test_where_nothing_was_recorded_botocore_says_so() -> None:
    session = botocore.session.Session()
    (_, service, region), _ = credentials.with_region([], session, "sqs")
    with pytest.raises(NoRegionError):
        session.create_client(service, region)
