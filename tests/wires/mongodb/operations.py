"""What an app does with MongoDB, written once for every driver: whatever must be awaited is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from inspect import isawaitable
from typing import Any
from uuid import UUID

import pymongo
from bson import Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, IndexModel, InsertOne, ReplaceOne, ReturnDocument, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

WHEN = datetime(2026, 1, 31, 12, 30, 0, 123000, tzinfo=timezone.utc)
UUID_ = UUID("12345678-1234-4234-8234-123456789abc")
EVERYTHING = {
    "_id": "everything",
    "double": 1.5,
    "whole": 2.0,
    "endless": float("inf"),
    "text": "naïve ☃ \u0000 end",
    "document": {"b": 1, "a": {"deep": [1, [2, [3]]]}},
    "bytes": b"\x00\xff",
    "binary": Binary(b"user", 128),
    "oid": ObjectId("65f0c0ffee65f0c0ffee65f0"),
    "yes": True,
    "when": WHEN,
    "nothing": None,
    "regex": Regex("^a.*z$", re.IGNORECASE | re.MULTILINE),
    "code": Code("function() {}"),
    "scoped": Code("x", {"x": 1}),
    "int": 7,
    "timestamp": Timestamp(1700000000, 3),
    "long": Int64(7),
    "far": 2**53 + 1,
    "decimal": Decimal128("1.20"),
    "min": MinKey(),
    "max": MaxKey(),
    "ref": DBRef("items", "everything"),
    "uuid": Binary.from_uuid(UUID_, UuidRepresentation.STANDARD),
}

Operation = Callable[[Any], Awaitable[Any]]
OPERATIONS: list[Operation] = []


def operation(function: Operation) -> Operation:
    OPERATIONS.append(function)
    return function


async def done(value: Any) -> Any:
    """What came of it, from a driver of either kind."""
    return await value if isawaitable(value) else value


async def listed(cursor: Any) -> Any:
    if isawaitable(cursor):
        cursor = await cursor
    if hasattr(cursor, "__aiter__"):
        return [document async for document in cursor]
    return list(cursor)


async def failing(call: Callable[[], Any]) -> Any:
    try:
        return await done(call())
    except PyMongoError as error:
        return {"error": type(error).__name__, "text": str(error), "details": getattr(error, "details", None)}


def summed(result: Any) -> Any:
    """The fields of a driver's result."""
    if isinstance(result, BulkWriteResult):
        return dict(result.bulk_api_result)
    names = ["acknowledged", "inserted_id", "inserted_ids"]
    if result.acknowledged:
        names += ["matched_count", "modified_count", "deleted_count", "upserted_id"]
    return {name: getattr(result, name) for name in names if hasattr(result, name)}


@operation
async def insert_one(db: Any) -> Any:
    return summed(await done(db.items.insert_one({"_id": 1, "sku": "a", "qty": 3})))


@operation
async def insert_generated(db: Any) -> Any:
    made = await done(db.orders.insert_one({"sku": "generated", "at": WHEN}))
    found = await done(db.orders.find_one({"_id": made.inserted_id}))
    by_text = await done(db.orders.insert_one({"order": str(made.inserted_id)}))
    again = await done(db.orders.find_one({"order": str(made.inserted_id)}))
    return made.inserted_id == found["_id"], again["_id"] == by_text.inserted_id, found


@operation
async def insert_many(db: Any) -> Any:
    documents = [{"_id": n, "sku": "abc"[n % 3], "qty": n, "tags": ["x", str(n)]} for n in range(2, 40)]
    return summed(await done(db.items.insert_many(documents)))


@operation
async def insert_everything(db: Any) -> Any:
    await done(db.items.insert_one(EVERYTHING))
    return await done(db.items.find_one({"_id": "everything"}))


@operation
async def find_nothing(db: Any) -> Any:
    return await done(db.items.find_one({"_id": "nobody"}))


@operation
async def find_projected(db: Any) -> Any:
    return await listed(db.items.find({"qty": {"$gte": 36}}, {"_id": 0, "qty": 1}).sort("qty", -1))


@operation
async def find_in_batches(db: Any) -> Any:
    return await listed(db.items.find({"sku": "a"}, batch_size=4).sort("_id", 1))


@operation
async def find_and_stop(db: Any) -> Any:
    cursor = db.items.find({"qty": {"$lt": 100}}, batch_size=2).sort("_id", 1)
    seen = [await done(cursor.next()) for _ in range(3)]
    await done(cursor.close())
    return seen


@operation
async def find_raw(db: Any) -> Any:
    items = db.get_collection("items", codec_options=CodecOptions(document_class=RawBSONDocument))
    return bytes((await done(items.find_one({"_id": 3}))).raw)


@operation
async def find_by_regex(db: Any) -> Any:
    return await listed(db.items.find({"sku": re.compile("^B", re.IGNORECASE)}).sort("_id", 1).skip(2).limit(3))


@operation
async def find_uuids(db: Any) -> Any:
    things = db.get_collection("things", codec_options=CodecOptions(uuid_representation=UuidRepresentation.STANDARD))
    await done(things.insert_one({"_id": UUID_, "legacy": Binary(b"0" * 16, 3)}))
    return await done(things.find_one({"_id": UUID_}))


@operation
async def find_aware(db: Any) -> Any:
    items = db.get_collection("items", codec_options=CodecOptions(tz_aware=True))
    return (await done(items.find_one({"_id": "everything"})))["when"]


@operation
async def find_hinted(db: Any) -> Any:
    return await listed(db.items.find({"_id": {"$in": [1, 2]}}, hint="_id_", comment="a comment", max_time_ms=9000))


@operation
async def counted(db: Any) -> Any:
    return [await done(db.items.count_documents({"sku": "a"})), await done(db.items.estimated_document_count())]


@operation
async def distinct(db: Any) -> Any:
    return sorted(await done(db.items.distinct("sku", {"qty": {"$exists": True}})))


@operation
async def aggregated(db: Any) -> Any:
    pipeline = [{"$group": {"_id": "$sku", "total": {"$sum": "$qty"}}}, {"$sort": {"_id": 1}}]
    return await listed(db.items.aggregate(pipeline))


@operation
async def aggregated_in_batches(db: Any) -> Any:
    return await listed(db.items.aggregate([{"$match": {"sku": "b"}}, {"$sort": {"_id": 1}}], batchSize=3))


@operation
async def updated(db: Any) -> Any:
    one = await done(db.items.update_one({"_id": 1}, {"$set": {"qty": 4}, "$push": {"tags": "new"}}))
    return summed(one), await done(db.items.find_one({"_id": 1}))


@operation
async def updated_many(db: Any) -> Any:
    return summed(await done(db.items.update_many({"sku": "c"}, {"$inc": {"qty": 100}})))


@operation
async def updated_by_pipeline(db: Any) -> Any:
    return summed(await done(db.items.update_one({"_id": 2}, [{"$set": {"twice": {"$add": ["$qty", "$qty"]}}}])))


@operation
async def upserted(db: Any) -> Any:
    return summed(await done(db.items.update_one({"_id": "up"}, {"$setOnInsert": {"qty": 1}}, upsert=True)))


@operation
async def upserted_generated(db: Any) -> Any:
    result = await done(db.items.update_one({"name": "made by the server"}, {"$set": {"qty": 1}}, upsert=True))
    found = await done(db.items.find_one({"_id": result.upserted_id}))
    return found["_id"] == result.upserted_id, found


@operation
async def replaced(db: Any) -> Any:
    return summed(await done(db.items.replace_one({"_id": 5}, {"sku": "replaced"})))


@operation
async def found_and_updated(db: Any) -> Any:
    after = ReturnDocument.AFTER
    return await done(db.items.find_one_and_update({"_id": 6}, {"$inc": {"qty": 1}}, return_document=after))


@operation
async def found_and_replaced(db: Any) -> Any:
    return await done(db.items.find_one_and_replace({"_id": 7}, {"sku": "new"}, projection={"qty": 1}))


@operation
async def found_and_deleted(db: Any) -> Any:
    return await done(db.items.find_one_and_delete({"_id": 8}))


@operation
async def deleted(db: Any) -> Any:
    one = await done(db.items.delete_one({"_id": 9}))
    return summed(one), summed(await done(db.items.delete_many({"_id": {"$in": [10, 11, 9]}})))


@operation
async def bulk(db: Any) -> Any:
    requests: list[Any] = [
        InsertOne({"_id": "bulk"}),
        UpdateOne({"_id": "bulk"}, {"$set": {"n": 1}}),
        UpdateMany({"sku": "a"}, {"$set": {"seen": True}}),
        ReplaceOne({"_id": "other"}, {"n": 2}, upsert=True),
        DeleteOne({"_id": "bulk"}),
    ]
    return summed(await done(db.items.bulk_write(requests)))


@operation
async def bulk_failed(db: Any) -> Any:
    requests = [InsertOne({"_id": 1}), InsertOne({"_id": "fine"}), InsertOne({"_id": 2})]
    try:
        return await done(db.items.bulk_write(requests, ordered=False))
    except BulkWriteError as error:
        return error.details


@operation
async def bulk_of_the_client(db: Any) -> Any:
    if not hasattr(db.client, "bulk_write") or "motor" in type(db).__module__:
        return None
    requests: list[Any] = [
        InsertOne({"_id": "of the client", "n": 1}, namespace=f"{db.name}.items"),
        UpdateOne({"_id": "of the client"}, {"$inc": {"n": 1}}, namespace=f"{db.name}.items"),
    ]
    try:
        return (await done(db.client.bulk_write(requests, verbose_results=True))).bulk_api_result
    except PyMongoError as error:  # servers before 8.0
        return type(error).__name__


@operation
async def duplicate(db: Any) -> Any:
    return await failing(lambda: db.items.insert_one({"_id": 1}))


@operation
async def duplicate_generated(db: Any) -> Any:
    made = (await done(db.items.insert_one({"n": 0}))).inserted_id
    failed = await failing(lambda: db.items.insert_one({"_id": made}))
    return failed["error"], failed["details"]["keyValue"]["_id"] == made, str(made) in failed["text"]


@operation
async def unknown_command(db: Any) -> Any:
    return await failing(lambda: db.command("frobnicate"))


@operation
async def bad_operator(db: Any) -> Any:
    return await failing(lambda: db.items.find_one({"qty": {"$frob": 1}}))


@operation
async def unacknowledged(db: Any) -> Any:
    quiet = db.get_collection("quiet", write_concern=WriteConcern(w=0))
    return summed(await done(quiet.insert_one({"_id": 1})))


@operation
async def majority(db: Any) -> Any:
    careful = db.get_collection("items", write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority"))
    await done(careful.insert_one({"_id": "careful"}))
    return await done(careful.find_one({"_id": "careful"}))


@operation
async def indexed(db: Any) -> Any:
    names = await done(db.items.create_indexes([IndexModel([("sku", 1)]), IndexModel([("qty", -1)], unique=False)]))
    names.append(await done(db.items.create_index("seen", sparse=True)))
    known = await done(db.items.index_information())
    await done(db.items.drop_index("seen_1"))
    return names, known, [index["name"] for index in await listed(db.items.list_indexes())]


@operation
async def unique(db: Any) -> Any:
    await done(db.unique.create_index("mail", unique=True))
    await done(db.unique.insert_one({"_id": 1, "mail": "someone"}))
    return await failing(lambda: db.unique.insert_one({"_id": 2, "mail": "someone"}))


@operation
async def capped(db: Any) -> Any:
    await done(db.create_collection("log", capped=True, size=4096))
    return sorted(await done(db.list_collection_names()))


@operation
async def commands(db: Any) -> Any:
    pong = await done(db.client.admin.command("ping"))
    info = await done(db.client.server_info())
    return pong["ok"], info["version"], (await done(db.command("hello")))["maxBsonObjectSize"]


@operation
async def session(db: Any) -> Any:
    used = await done(db.client.start_session(causal_consistency=True))
    await done(db.items.insert_one({"_id": "in a session"}, session=used))
    found = await done(db.items.find_one({"_id": "in a session"}, session=used))
    await done(used.end_session())
    return found


@operation
async def transaction(db: Any) -> Any:
    used = await done(db.client.start_session())
    await done(used.start_transaction())
    await done(db.items.insert_one({"_id": "committed"}, session=used))
    outside = await done(db.items.find_one({"_id": "committed"}))
    await done(used.commit_transaction())
    await done(used.start_transaction())
    await done(db.items.insert_one({"_id": "aborted"}, session=used))
    await done(used.abort_transaction())
    await done(used.end_session())
    return outside, await listed(db.items.find({"_id": {"$in": ["committed", "aborted"]}}))


@operation
async def exhaust(db: Any) -> Any:
    if "motor" in type(db).__module__:
        return None
    cursor = db.items.find({"sku": "b"}, cursor_type=pymongo.CursorType.EXHAUST, batch_size=3)
    return await listed(cursor.sort("_id", 1))


@operation
async def changes(db: Any) -> Any:
    stream = await done(db.watched.watch(max_await_time_ms=50))
    if hasattr(stream, "_lazy_init"):  # motor opens it late
        await stream.try_next()
    await done(db.watched.insert_one({"_id": 1, "n": 1}))
    await done(db.watched.update_one({"_id": 1}, {"$set": {"n": 2}}))
    seen = [await done(stream.next()) for _ in range(2)]
    await done(stream.close())
    return [(change["operationType"], change.get("fullDocument"), change["documentKey"]) for change in seen]


@operation
async def large(db: Any) -> Any:
    await done(db.large.insert_many([{"_id": n, "text": "x" * 20_000} for n in range(30)]))
    return [(each["_id"], len(each["text"])) for each in await listed(db.large.find().sort("_id", 1))]


@operation
async def renamed_and_dropped(db: Any) -> Any:
    await done(db.quiet.insert_one({"_id": 2}))
    await done(db.quiet.rename("louder"))
    await done(db.louder.drop())
    return sorted(await done(db.list_collection_names()))


@operation
async def measured(db: Any) -> Any:
    return sorted(await done(db.command("dbstats")))


def bucket_of(db: Any) -> Any:
    if "motor" in type(db).__module__:
        from motor.motor_asyncio import AsyncIOMotorGridFSBucket

        return AsyncIOMotorGridFSBucket(db, chunk_size_bytes=1000)
    import gridfs

    kind: Any = gridfs.AsyncGridFSBucket if "asynchronous" in type(db).__module__ else gridfs.GridFSBucket
    return kind(db, chunk_size_bytes=1000)


@operation
async def files(db: Any) -> Any:
    bucket, content = bucket_of(db), bytes(range(256)) * 10
    made = await done(bucket.upload_from_stream("a.bin", content, metadata={"of": "a test"}))
    back = await done(bucket.open_download_stream(made))
    kept = await listed(bucket.find({"filename": "a.bin"}))
    seen = [await done(back.read()) == content, back._id == made, back.length, [each.metadata for each in kept]]
    await done(bucket.delete(made))
    return [*seen, await failing(lambda: bucket.open_download_stream_by_name("a.bin"))]
