"""Tortoise: ``orm_tortoise.py MODE CASSETTE URL DRIVER``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from steps import Steps, main
from tortoise import Tortoise, connections, fields
from tortoise.exceptions import DoesNotExist, IntegrityError, OperationalError
from tortoise.functions import Count
from tortoise.models import Model
from tortoise.transactions import in_transaction


class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(100, unique=True)
    books: fields.ReverseRelation[Book]


class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.TextField()


class Book(Model):
    id = fields.IntField(primary_key=True)
    key = fields.UUIDField(default=uuid4)
    title = fields.TextField()
    price = fields.DecimalField(8, 2, null=True)
    made = fields.DatetimeField(auto_now_add=True)
    said: Any = fields.JSONField(default=dict)
    author: fields.ForeignKeyRelation[Author] = fields.ForeignKeyField("models.Author", related_name="books")
    tags: fields.ManyToManyRelation[Tag] = fields.ManyToManyField("models.Tag")


async def fails(steps: Steps, name: str, call: Callable[[], Awaitable[Any]]) -> None:
    try:
        steps.add(name, await call())
    except (DoesNotExist, IntegrityError, OperationalError) as error:
        steps.error(name, error)


async def related(steps: Steps) -> None:
    ada = await Author.create(name="Ada")
    await Author.bulk_create([Author(name=f"Author {n}") for n in range(10)])
    tags = [await Tag.create(name=name) for name in ("old", "new")]
    for number in range(4):
        book = await Book.create(title=f"Book {number}", price=Decimal(number) / 4, author=ada, said={"n": [number]})
        await book.tags.add(*tags[: number % 3])
    found = await Author.get(name="Ada").prefetch_related("books__tags")
    steps.add("prefetched", sorted((book.title, book.price, len(book.tags)) for book in found.books))
    books = (
        await Book.filter(author__name="Ada", price__gt="0.3").order_by("title").values("title", "author__name", "said")
    )
    steps.add("joined", books)
    steps.add("counted", await Author.annotate(n=Count("books")).filter(n__gt=0).values_list("name", "n"))
    steps.add("updated", await Book.filter(title="Book 1").update(price=9))
    steps.add("got or created", [(await Tag.get_or_create(name=name))[1] for name in ("new", "newer")])
    steps.add("again", (await Book.get(key=book.key)).title)


async def in_transactions(steps: Steps) -> None:
    async with in_transaction() as connection:
        await Author.create(name="Kept", using_db=connection)

        async def twice() -> None:
            async with in_transaction():
                await Author.create(name="Ada")

        await fails(steps, "a name twice", twice)
        steps.add("locked", (await Author.select_for_update().get(name="Kept")).name)

    async def undone() -> None:
        async with in_transaction():
            await Author.create(name="Undone")
            raise OperationalError("no more")

    await fails(steps, "undone", undone)
    steps.add("left", await Author.filter(name__in=["Kept", "Undone"]).count())


async def failing(steps: Steps) -> None:
    await fails(steps, "none", lambda: Author.get(name="nobody"))
    await fails(steps, "misspelt", lambda: connections.get("default").execute_query("SELEKT 1"))
    await fails(steps, "no reference", lambda: Book.create(title="x", author_id=999))


async def at_once(number: int) -> Any:
    author = await Author.get(name=f"Author {number}")
    await Book.create(title=f"At once {number}", author=author)
    return await Book.filter(author=author).values_list("title", flat=True)


async def play(url: str, steps: Steps) -> None:
    await Tortoise.init(
        db_url=url.replace("postgresql:", "asyncpg:") + "?minsize=1&maxsize=3", modules={"models": ["__main__"]}
    )
    await Tortoise.generate_schemas()
    for act in (related, in_transactions, failing):
        await act(steps)
    steps.add("at once", await asyncio.gather(*map(at_once, range(10))))
    await connections.get("default").execute_script('DROP TABLE "book_tag", "book", "tag", "author"')
    await connections.close_all()


def scenario(url: str, _driver: str) -> Steps:
    steps = Steps()
    asyncio.run(play(url, steps))
    return steps


if __name__ == "__main__":
    main(scenario)
