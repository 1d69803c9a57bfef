"""Real drivers and a real server: recorded, and replayed without it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymongo
import pytest
import trustme
import uvloop
from bson import ObjectId
from opentelemetry import trace
from opentelemetry.instrumentation.pymongo import CommandTracer
from opentelemetry.sdk.trace import TracerProvider
from pymongo.errors import AutoReconnect, WriteConcernError

import timetracer
from conformance.three_ways import exchanges, spans
from services.found import KINDS, own, secantus
from services.processes import Servers, environment
from timetracer.errors import FailedVerdict, UnmatchedCall
from wires.mongodb.operations import OPERATIONS

DRIVERS = ("sync", "async", "motor", "uvloop")
TESTS = Path(__file__).resolve().parents[2]
NOWHERE = "mongodb://127.0.0.1:1"


def program(mode: str, driver: str, url: str, path: Path) -> list[str]:
    """What the app saw: a line for each operation."""
    command = [sys.executable, "-m", "wires.mongodb.whole_process", mode, driver, url, str(path)]
    ran = subprocess.run(command, env=environment(), cwd=TESTS, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[str]]]:
    """What every driver saw of a server that is gone by now, and its cassette."""
    folder, kind = tmp_path_factory.mktemp("told"), KINDS["mongodb"]
    servers = Servers(folder)
    found = {}
    try:
        for driver in DRIVERS:
            server = own(KINDS["mongodb"], servers)
            url = kind.url.format(port=server.port)
            found[driver] = (folder / f"{driver}.json", program("record", driver, url, folder / f"{driver}.json"))
            server.stop()
    finally:
        servers.close()
    return found


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_operation_is_the_same_in_another_process_without_the_server(
    driver: str, told: dict[str, tuple[Path, list[str]]]
) -> None:
    path, recorded = told[driver]
    assert len(recorded) == len(OPERATIONS) >= 40
    assert program("replay", driver, NOWHERE, path) == recorded


@pytest.mark.parametrize(("recorder", "driver"), [("sync", "async"), ("async", "sync")])
def test_a_recording_of_one_driver_is_replayed_by_the_other(
    recorder: str, driver: str, told: dict[str, tuple[Path, list[str]]]
) -> None:
    path, recorded = told[recorder]
    assert program("replay", driver, NOWHERE, path) == recorded


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """Clients that are closed after the test."""
    opened: list[Any] = []

    def connect(url: str, **options: Any) -> Any:
        opened.append(pymongo.MongoClient(url, serverSelectionTimeoutMS=10_000, **options))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://127.0.0.1:1/?directConnection=true",
        "mongodb://somewhere:27017,elsewhere:27018/?replicaSet=secantus",
        "mongodb://somewhere/?tls=true&tlsInsecure=true",
        "mongodb://user:password@somewhere/?authMechanism=SCRAM-SHA-256",
        "mongodb+srv://user:password@cluster0.abc.mongodb.net/?retryWrites=true",
        "mongodb://%2Ftmp%2Fnothing.sock",
    ],
)
def test_any_uri_leads_to_the_recording(uri: str, url: str, name: str, path: Path, connect: Callable[..., Any]) -> None:
    with timetracer.record(path):
        recorded = connect(url)[name].items.insert_one({"_id": 1}).acknowledged
    with timetracer.replay(path, strict=True):
        assert connect(uri)[name].items.insert_one({"_id": 1}).acknowledged == recorded


@pytest.mark.parametrize(
    "uri", ["mongodb+srv://cluster0.abc.mongodb.net/", "mongodb://user:password@somewhere/?tls=true"]
)
def test_any_uri_leads_to_the_recording_asynchronously(
    uri: str, url: str, name: str, path: Path, connect: Callable[..., Any]
) -> None:
    with timetracer.record(path):
        connect(url)[name].items.insert_one({"_id": 1})

    async def act() -> Any:
        async with pymongo.AsyncMongoClient(uri) as client:
            return await client[name].items.insert_one({"_id": 1})

    with timetracer.replay(path, strict=True):
        assert asyncio.run(act()).inserted_id == 1


def test_a_client_goes_through_all_of_it_with_its_connections(
    url: str, name: str, path: Path, connect: Callable[..., Any]
) -> None:
    """Its pool lends connections that were opened in another world."""
    client = connect(url)
    items = client[name].items
    items.insert_one({"_id": 0})  # opens one before anybody records
    with timetracer.record(path):
        assert items.count_documents({}) == 1
    items.insert_one({"_id": 1})
    with timetracer.replay(path, strict=True):
        assert items.count_documents({}) == 1
    assert items.count_documents({}) == 2
    with timetracer.record(path.with_name("second.json")):
        assert items.count_documents({}) == 2
    assert [exchange.key for exchange in exchanges(path) if not exchange.fact] == [f"aggregate {name}.items"]


def test_writes_reach_no_server(url: str, name: str, path: Path, connect: Callable[..., Any]) -> None:
    def act(items: Any) -> Any:
        made = items.insert_one({"n": 1}).inserted_id
        items.update_one({"_id": made}, {"$inc": {"n": 1}})
        return items.find_one({"_id": made})["n"], items.delete_many({"n": {"$gt": 100}}).deleted_count

    with timetracer.record(path):
        recorded = act(connect(url)[name].items)
    before = list(connect(url)[name].items.find())
    with timetracer.replay(path, strict=True):
        assert act(connect(url)[name].items) == recorded == (2, 0)
    assert list(connect(url)[name].items.find()) == before


def test_what_was_never_asked_is_a_miss_as_itself(url: str, name: str, path: Path, connect: Callable[..., Any]) -> None:
    with timetracer.record(path):
        connect(url)[name].items.find_one({"sku": "a"})
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        with pytest.raises(UnmatchedCall, match=r'request.body.filter.sku: recorded "a", asked "b"'):
            connect(url)[name].items.find_one({"sku": "b"})
        with pytest.raises(UnmatchedCall):
            connect(url)[name].items.find_one({"_id": ObjectId()})
        assert connect(url)[name].items.find_one({"sku": "a"}) is None


@contextmanager
def traced() -> Iterator[Any]:
    """OpenTelemetry's listener, for one client."""
    provider = TracerProvider(shutdown_on_exit=False)
    tracer = provider.get_tracer("opentelemetry.instrumentation.pymongo")
    with provider.get_tracer("app").start_as_current_span("work"):
        yield CommandTracer(tracer)


def test_an_exchange_sits_on_the_span_that_its_listener_opened(
    url: str, name: str, path: Path, connect: Callable[..., Any]
) -> None:
    with timetracer.record(path), traced() as listener:
        items = connect(url, event_listeners=[listener])[name].items
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: items.insert_one({"_id": n}), range(20)))
        connect(url)[name].items.find_one({"_id": 1})
    carried = [span for span in spans(path) if span.exchange is not None and not span.exchange.fact]
    theirs = [span for span in carried if span.scope.name.startswith("opentelemetry.")]
    assert [span.name for span in theirs] == [f"{name}.insert"] * 20
    assert [span.name for span in carried if span not in theirs] == [f"find {name}.items"]


def test_an_exchange_sits_on_the_span_that_its_listener_opened_asynchronously(url: str, name: str, path: Path) -> None:
    async def act(listener: Any) -> None:
        async with pymongo.AsyncMongoClient(url, event_listeners=[listener]) as client:
            await asyncio.gather(*[client[name].items.insert_one({"_id": n}) for n in range(20)])

    with timetracer.record(path), traced() as listener:
        asyncio.run(act(listener))
    theirs = [span for span in spans(path) if span.name == f"{name}.insert"]
    bodies = [(span.exchange.request_body or b"") for span in theirs if span.exchange is not None]
    assert sorted(bodies) == sorted(
        b'{"insert":"items","ordered":true,"documents":[{"_id":%d}]}' % number for number in range(20)
    )


@pytest.fixture
def faulty(url: str, connect: Callable[..., Any]) -> Callable[..., None]:
    """``faulty(["find"], closeConnection=True)``: the next such command fails."""
    admin = connect(url).admin

    def order(commands: list[str], **data: Any) -> None:
        fault = {"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": {"failCommands": commands, **data}}
        try:
            admin.command(fault)
        except pymongo.errors.OperationFailure as refused:
            pytest.skip(f"a server without test commands: {refused}")

    return order


def test_a_lost_connection_is_lost_again(
    url: str, name: str, path: Path, connect: Callable[..., Any], faulty: Callable[..., None]
) -> None:
    def act(uri: str) -> Any:
        items = connect(uri, retryReads=False)[name].items
        with pytest.raises(AutoReconnect, match="connection closed"):
            items.find_one({"_id": 1})
        return items.find_one({"_id": 1})

    faulty(["find"], closeConnection=True)
    with timetracer.record(path):
        recorded = act(url)
    with timetracer.replay(path, strict=True):
        assert act(NOWHERE) == recorded


def test_a_retry_is_retried_again(
    url: str, name: str, path: Path, connect: Callable[..., Any], faulty: Callable[..., None]
) -> None:
    faulty(["insert"], closeConnection=True)
    with timetracer.record(path):
        recorded = connect(url)[name].items.insert_one({"_id": 1}).acknowledged
    assert [exchange.response for exchange in exchanges(path) if not exchange.fact] == [{"end": "lost"}, {}]
    with timetracer.replay(path, strict=True):
        assert connect(NOWHERE)[name].items.insert_one({"_id": 1}).acknowledged == recorded


def test_a_write_concern_fails_again(
    url: str, name: str, path: Path, connect: Callable[..., Any], faulty: Callable[..., None]
) -> None:
    def act(uri: str) -> Any:
        with pytest.raises(WriteConcernError) as failed:
            connect(uri)[name].items.insert_one({"_id": 1})
        return str(failed.value), failed.value.details

    faulty(["insert"], writeConcernError={"code": 64, "errmsg": "slow"})
    with timetracer.record(path):
        recorded = act(url)
    with timetracer.replay(path, strict=True):
        assert act(NOWHERE) == recorded


def test_a_time_out_is_one_again(
    url: str, name: str, path: Path, connect: Callable[..., Any], faulty: Callable[..., None]
) -> None:
    def act(uri: str) -> str:
        items = connect(uri, retryReads=False, socketTimeoutMS=300)[name].items
        with pytest.raises(pymongo.errors.NetworkTimeout) as failed:
            items.find_one({"_id": 1})
        return type(failed.value).__name__

    faulty(["find"], blockConnection=True, blockTimeMS=2000)
    with timetracer.record(path):
        recorded = act(url)
    with timetracer.replay(path, strict=True):
        assert act(NOWHERE) == recorded


def test_mongoengine_rides_on_it(url: str, name: str, path: Path) -> None:
    mongoengine: Any = pytest.importorskip("mongoengine")

    class Item(mongoengine.Document):  # type: ignore[misc]
        sku = mongoengine.StringField(required=True, unique=True)
        tags = mongoengine.ListField(mongoengine.StringField())
        made = mongoengine.ReferenceField("self")

    def act(uri: str) -> Any:
        mongoengine.connect(name, host=uri, uuidRepresentation="standard")
        Item._collection = None
        first = Item(sku="a", tags=["x"]).save()
        second = Item(sku="b", made=first).save()
        again = Item.objects(sku="b").first()
        seen = [again == second, again.made.sku, Item.objects(tags="x").count(), [each.sku for each in Item.objects]]
        with pytest.raises(mongoengine.NotUniqueError):
            Item(sku="a").save()
        Item.objects(sku="a").update_one(push__tags="y")
        seen.append(Item.objects.get(sku="a").tags)
        mongoengine.disconnect()
        return seen

    with timetracer.record(path):
        recorded = act(url)
    with timetracer.replay(path, strict=True):
        assert act(NOWHERE) == recorded == [True, "a", 1, ["a", "b"], ["x", "y"]]


def test_no_secret_of_a_login_is_stored(path: Path, servers: Servers) -> None:
    server = own(KINDS["mongodb"], servers)
    url = KINDS["mongodb"].url.format(port=server.port)
    with pymongo.MongoClient(url) as client:
        client.admin.command("createUser", "ada", pwd="open sesame", roles=[])
    with timetracer.record(path), pymongo.MongoClient(url.replace("//", "//ada:open%20sesame@")) as client:
        assert client.shop.items.find_one() is None
    assert not [secret for secret in (b"sesame", b"sasl", b"speculative") if secret in path.read_bytes()]
    server.stop()
    with timetracer.replay(path, strict=True):
        with pymongo.MongoClient(url.replace("//", "//ada:open%20sesame@")) as client:
            assert client.shop.items.find_one() is None


def test_the_current_trace_is_left_alone(url: str, name: str, path: Path, connect: Callable[..., Any]) -> None:
    with timetracer.record(path):
        before = trace.get_current_span()
        connect(url)[name].items.find_one()
        assert trace.get_current_span() is before


def test_the_example_of_the_documentation_runs(tmp_path: Path, servers: Servers) -> None:
    page = (TESTS.parent / "docs" / "mongodb.md").read_text(encoding="utf-8")
    (text,) = re.findall(r'```python title="orders.py"\n(.*?)```', page, re.DOTALL)
    server, example = own(KINDS["mongodb"], servers), tmp_path / "orders.py"
    example.write_text(text.replace("localhost:27017", f"localhost:{server.port}"), encoding="utf-8")
    for mode in ("record", "replay"):
        command = [sys.executable, example]
        ran = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.stdout, ran.stderr) == (f"{{'sku': 'a', 'qty': 3}} {mode}\n", "")
        server.kill()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_what_is_encrypted_and_compressed_is_recorded_in_plain(
    run: Callable[..., Any], tmp_path: Path, path: Path, servers: Servers
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    files = ("--tls-cert-file", tmp_path / "certificate.pem", "--tls-key-file", tmp_path / "key.pem")
    server = own(replace(KINDS["mongodb"], command=lambda port: [*secantus(port), *files]), servers)
    uri = f"mongodb://localhost:{server.port}/?tls=true&tlsCAFile={tmp_path / 'authority.pem'}&compressors=zlib"

    async def act() -> Any:
        async with pymongo.AsyncMongoClient(uri) as client:
            await client.shop.items.insert_one({"_id": 1, "text": "x" * 100})
            seen = await client.shop.items.find_one()
        with pymongo.MongoClient(uri) as client:
            return seen, client.shop.items.delete_many({}).deleted_count

    with timetracer.record(path):
        recorded = run(act())
    server.kill()
    with timetracer.replay(path, strict=True):
        assert run(act()) == recorded == ({"_id": 1, "text": "x" * 100}, 1)


def test_a_call_that_is_given_up_leaves_the_others_alone(url: str, name: str, path: Path) -> None:
    async def act(uri: str) -> Any:
        async with pymongo.AsyncMongoClient(uri) as client:
            items = client[name].items
            await items.insert_one({"_id": 1})
            waiting = asyncio.create_task(items.find_one({"_id": 1}))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await items.count_documents({})

    with timetracer.record(path):
        recorded = asyncio.run(act(url))
    with timetracer.replay(path):
        assert asyncio.run(act(NOWHERE)) == recorded == 1
