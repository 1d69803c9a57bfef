"""SQLAlchemy's ORM on asyncpg: recorded, and replayed with the server gone."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import timetracer
from services.postgresql import Database
from timetracer.recording import faults

pytest.importorskip("asyncpg")
sqlalchemy = pytest.importorskip("sqlalchemy")

from sqlalchemy import ForeignKey, select  # noqa: E402
from sqlalchemy.exc import IntegrityError  # noqa: E402
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine  # noqa: E402
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload  # noqa: E402


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


async def story(url: str) -> list[Any]:
    """Tables, relations, savepoints, errors, a stream; in the end the tables are gone."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    seen: list[Any] = []
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            books = [Book(title=f"Book {n}", price=Decimal(n) / 4) for n in range(5)]
            session.add(Author(name="Ada", books=books))
            session.add_all([Author(name=f"Author {n}") for n in range(20)])
            await session.commit()
        async with AsyncSession(engine) as session:
            found = select(Author).where(Author.name == "Ada").options(selectinload(Author.books))
            ada = (await session.scalars(found)).one()
            seen.append([(book.title, book.price) for book in ada.books])
            ada.name = "Ada L."
            try:
                async with session.begin_nested():
                    session.add(Author(name="Author 1"))
            except IntegrityError as error:
                seen.append(str(error.orig))
            await session.commit()
            joined = select(Author.name, Book.title).join(Book).where(Book.price > 0.5).order_by(Book.id)
            seen.append([tuple(row) for row in await session.execute(joined)])
            names = await session.stream_scalars(select(Author.name).order_by(Author.id))
            seen.append([name async for name in names])
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
    finally:
        await engine.dispose()
    return seen


def test_models_relations_transactions_and_errors(
    tmp_path: Path, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "raising", True)
    plain = asyncio.run(story(postgresql.url))
    postgresql.restart()
    with timetracer.record(tmp_path / "cassette.json"):
        assert asyncio.run(story(postgresql.url)) == plain
    postgresql.stop()
    with timetracer.replay(tmp_path / "cassette.json", strict=True):
        assert asyncio.run(story(postgresql.url)) == plain
