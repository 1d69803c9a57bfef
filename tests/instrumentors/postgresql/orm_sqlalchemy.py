"""SQLAlchemy 2: ``orm_sqlalchemy.py MODE CASSETTE URL DRIVER``; asynchronous drivers do the same within `run_sync`."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    Column,
    ForeignKey,
    Index,
    MetaData,
    Numeric,
    Table,
    Text,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import INET, INT4RANGE, JSONB, Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload
from steps import Steps, main

ASYNCHRONOUS = ("asyncpg", "psycopg_async")


class Base(DeclarativeBase):
    pass


class Mood(enum.Enum):
    GLAD = "glad"
    SAD = "sad"


marked = Table(
    "marked",
    Base.metadata,
    Column("book_id", ForeignKey("books.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    mood: Mapped[Mood | None]
    version: Mapped[int] = mapped_column()
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id", cascade="all, delete-orphan")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy has it


class Book(Base):
    __tablename__ = "books"
    __table_args__ = (Index("by_title", "title", postgresql_where=text("price > 0")),)
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(secondary=marked, order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Thing(Base):
    """One column of each kind."""

    __tablename__ = "things"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    made: Mapped[datetime] = mapped_column(server_default=func.now())
    day: Mapped[date]
    lasts: Mapped[timedelta]
    blob: Mapped[bytes]
    share: Mapped[float]
    is_new: Mapped[bool]
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    where: Mapped[Any] = mapped_column(INET)
    pages: Mapped[Range[int]] = mapped_column(INT4RANGE)


def filled(session: Session, steps: Steps) -> None:
    tags = [Tag(name=name) for name in ("old", "new", "grüße")]
    books = [Book(title=f"Book {n}", price=Decimal(n) / 4, tags=tags[: n % 3]) for n in range(6)]
    session.add(Author(name="Ada", mood=Mood.GLAD, books=books))
    session.add_all([Author(name=f"Author {n}") for n in range(30)])
    session.commit()
    steps.add("numbers", list(session.scalars(select(Author.id).order_by(Author.id))))


def related(session: Session, steps: Steps) -> None:
    whole = selectinload(Author.books).selectinload(Book.tags)
    ada = session.scalars(select(Author).where(Author.name == "Ada").options(whole)).one()
    steps.add("selectin", [(book.title, book.price, [tag.name for tag in book.tags]) for book in ada.books])
    lazy = session.get_one(Book, 2)
    steps.add("lazy", (lazy.author.name, lazy.author.mood))
    joined = select(Book).options(joinedload(Book.author)).where(Book.price > Decimal("0.5")).order_by(Book.id)
    steps.add("joined", [(book.title, book.author.name) for book in session.scalars(joined)])
    totals = select(Author.name, func.count(Book.id), func.sum(Book.price)).join(Book).group_by(Author.name)
    steps.add("grouped", [tuple(row) for row in session.execute(totals)])
    moved = session.scalars(select(Book).where(Book.title == "Book 5")).one()
    moved.tags.append(session.scalars(select(Tag).where(Tag.name == "new")).one())
    ada.books.remove(ada.books[0])
    session.commit()
    steps.add("left", list(session.scalars(select(Book.title).order_by(Book.id))))
    steps.add("none", session.scalars(select(Book).where(Book.title == "nowhere")).first())


def typed(session: Session, steps: Steps) -> None:
    thing = Thing(
        day=date(2024, 2, 29),
        lasts=timedelta(days=3, seconds=5),
        blob=b"\0\xff",
        share=0.1,
        is_new=True,
        said={"a": [1, None, "ü"]},
        words=["a,b", 'c"d'],
        where="10.0.0.1",
        pages=Range(1, 5),
    )
    session.add(thing)
    session.commit()
    known = thing.id
    session.expunge_all()
    found = session.get_one(Thing, known)
    steps.add("values", (found.day, found.lasts, found.blob, found.share, found.is_new, found.said, found.words))
    steps.add("odd values", (str(found.where), found.pages, found.made.tzinfo, type(found.id)))
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    late = session.scalars(
        select(Thing).where(Thing.made < now + timedelta(days=1), Thing.said["a"][0].as_integer() == 1)
    )
    steps.add("by a moment", [thing.words for thing in late])
    steps.add("in an array", session.scalar(select(func.count()).where(Thing.words.any("a,b"))))


def in_bulk(session: Session, steps: Steps) -> None:
    given = [{"title": f"Bulk {n}", "price": n, "author_id": 1} for n in range(2500)]
    found = session.scalars(insert(Book).returning(Book.id, sort_by_parameter_order=True), given)
    steps.add("inserted", list(found)[::500])
    session.execute(update(Book), [{"id": n, "title": f"Named {n}"} for n in range(2, 5)])
    put = upsert(Tag).values([{"id": 1, "name": "oldest"}, {"id": 50, "name": "fifty"}])
    put = put.on_conflict_do_update(index_elements=[Tag.id], set_={"name": put.excluded.name})
    steps.add("upserted", [tuple(row) for row in session.execute(put.returning(Tag.id, Tag.name))])
    session.commit()
    streamed = select(Book.title).order_by(Book.id).execution_options(stream_results=True, yield_per=100)
    names = list(session.scalars(streamed))
    steps.add("streamed", (len(names), names[0], names[-1]))
    some = session.execute(select(Book.id).order_by(Book.id).execution_options(stream_results=True, max_row_buffer=10))
    steps.add("of a stream", some.fetchmany(7))
    some.close()
    session.rollback()


def in_transactions(session: Session, steps: Steps) -> None:
    ada = session.scalars(select(Author).where(Author.name == "Ada").with_for_update()).one()
    ada.name = "Ada L."
    with session.begin_nested():
        session.add(Author(name="Nested"))

    def taken() -> None:
        with session.begin_nested():
            session.add(Author(name="Author 1"))

    steps.fails("a name twice", taken)
    steps.add("after it", session.scalar(select(func.count(Author.id))))
    session.commit()
    session.add(Author(name="Rolled back"))
    session.flush()
    session.rollback()
    steps.add("rolled back", session.scalar(select(func.count()).where(Author.name == "Rolled back")))
    session.rollback()
    session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    steps.add("isolation", session.scalar(text("SHOW transaction_isolation")))
    session.rollback()
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    session.execute(text("VACUUM authors"))
    session.close()


def failing(session: Session, steps: Steps) -> None:
    for name, statement in {
        "division": "SELECT 1 / :zero",
        "misspelt": "SELEKT :zero",
        "no table": "SELECT :zero FROM nowhere",
        "late": "SELECT 10 / (:zero + 5 - n) FROM generate_series(1, 10) n",
        "no reference": "INSERT INTO books (title, author_id) VALUES ('x', 999 + :zero)",
    }.items():
        steps.fails(name, lambda said=statement: list(session.execute(text(said), {"zero": 0})))
        session.rollback()
    ada = session.scalars(select(Author).where(Author.name == "Ada L.")).one()
    session.execute(text("UPDATE authors SET version = 99 WHERE id = :id"), {"id": ada.id})
    ada.mood = Mood.SAD
    steps.fails("stale", session.commit)
    session.rollback()
    steps.fails("terminated", lambda: session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())")))
    session.rollback()
    steps.add("another connection", session.scalar(select(func.count(Author.id))))


def migrated(session: Session, steps: Steps) -> None:
    """What Alembic does: DDL within a transaction, and a look at what is there."""
    connection = session.connection()
    connection.execute(text("ALTER TABLE books ADD COLUMN isbn text DEFAULT 'none' NOT NULL"))
    connection.execute(text("CREATE UNIQUE INDEX by_name ON authors (lower(name))"))
    session.commit()
    look = inspect(session.connection())
    steps.add("tables", sorted(look.get_table_names()))
    steps.add("columns", [(column["name"], str(column["type"])) for column in look.get_columns("books")])
    steps.add("indexes", sorted(str(index["name"]) for index in look.get_indexes("authors")))
    steps.add("keys", [key["referred_table"] for key in look.get_foreign_keys("books")])
    reflected = MetaData()
    reflected.reflect(session.connection(), only=["marked", "tags"])
    steps.add("reflected", [str(table) for table in reflected.sorted_tables])
    steps.fails("twice", lambda: connection.execute(text("CREATE TABLE tags ()")))
    session.rollback()


ACTS: tuple[Callable[[Session, Steps], None], ...] = (
    filled,
    related,
    typed,
    in_bulk,
    in_transactions,
    failing,
    migrated,
)


def at_once(number: int) -> Callable[[Session], Any]:
    """One of several units of work on one pool."""

    def work(session: Session) -> Any:
        named = session.scalars(select(Author.id).where(Author.name == f"Author {number}")).one()
        session.add(Book(title=f"At once {number}", author_id=named))
        session.commit()
        return named, session.scalars(select(Book.title).where(Book.author_id == named)).all()

    return work


def scenario(url: str, driver: str) -> Steps:
    steps = Steps()
    url = url.replace("postgresql://", f"postgresql+{driver}://")
    if driver in ASYNCHRONOUS:
        asyncio.run(asynchronous(url, steps))
    else:
        synchronous(url, steps)
    return steps


def synchronous(url: str, steps: Steps) -> None:
    engine = create_engine(url, pool_size=3, pool_pre_ping=True)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    steps.add("server", engine.dialect.server_version_info)
    for act in ACTS:
        with Session(engine) as session:
            act(session, steps)

    def unit(number: int) -> Any:
        with Session(engine) as session:
            return at_once(number)(session)

    with ThreadPoolExecutor(5) as threads:
        steps.add("at once", list(threads.map(unit, range(20))))
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
    engine.dispose()


async def asynchronous(url: str, steps: Steps) -> None:
    engine = create_async_engine(url, pool_size=3, pool_pre_ping=True)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    steps.add("server", engine.dialect.server_version_info)
    for act in ACTS:
        async with AsyncSession(engine) as session:
            await session.run_sync(act, steps)

    async def unit(number: int) -> Any:
        async with AsyncSession(engine) as session:
            return await session.run_sync(at_once(number))

    steps.add("at once", await asyncio.gather(*map(unit, range(20))))
    async with AsyncSession(engine) as session:
        streamed = await session.stream_scalars(select(Author.name).order_by(Author.id))
        steps.add("streamed asynchronously", [name async for name in streamed])
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await engine.dispose()


if __name__ == "__main__":
    main(scenario)
