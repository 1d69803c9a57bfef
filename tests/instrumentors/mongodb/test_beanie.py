"""Beanie, documents of pydantic on pymongo's asynchronous client: recorded, and replayed without the server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import pymongo
import pytest
from beanie import Document, Indexed, Link, init_beanie
from pymongo.errors import DuplicateKeyError

import timetracer

NOWHERE = "mongodb://127.0.0.1:1"


class Maker(Document):
    name: str


class Item(Document):
    sku: Annotated[str, Indexed(unique=True)]
    qty: int = 0
    made: Link[Maker] | None = None


async def act(uri: str, name: str) -> list[Any]:
    """Links that are followed, indexes, generated identifiers in references, an error, updates, aggregation."""
    async with pymongo.AsyncMongoClient[dict[str, Any]](uri) as client:
        await init_beanie(client[name], document_models=[Maker, Item])
        maker = await Maker(name="Ada").insert()
        await Item(sku="a", made=maker).insert()
        await Item.insert_many([Item(sku="b", qty=2), Item(sku="c")])
        found: Any = await Item.find_one({"sku": "a"})
        linked = await found.made.fetch()
        seen = [linked.name, linked.id == maker.id, await Item.find({"qty": {"$gt": 1}}).count()]
        with pytest.raises(DuplicateKeyError):
            await Item(sku="a").insert()
        await found.set({"qty": 5})
        await found.inc({"qty": 1})
        again = await Item.get(found.id)
        seen += [again and again.qty, await Item.find_all().sum("qty")]
        await Item.find({"sku": "b"}).delete()
        return [*seen, [each.sku async for each in Item.find_all().sort("-sku")]]


def test_it_rides_on_pymongo(url: str, name: str, path: Path) -> None:
    with timetracer.record(path):
        recorded = asyncio.run(act(url, name))
    with timetracer.replay(path, strict=True):
        assert asyncio.run(act(NOWHERE, name)) == recorded == ["Ada", True, 1, 6, 8, ["c", "a"]]
