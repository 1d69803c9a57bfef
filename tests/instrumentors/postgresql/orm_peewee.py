"""Peewee: ``orm_peewee.py MODE CASSETTE URL DRIVER``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from peewee import (
    CharField,
    DateTimeField,
    DecimalField,
    ForeignKeyField,
    ManyToManyField,
    Model,
    TextField,
    UUIDField,
    chunked,
    fn,
    prefetch,
)
from playhouse.db_url import connect
from playhouse.migrate import PostgresqlMigrator, migrate
from playhouse.postgres_ext import ArrayField, BinaryJSONField, ServerSide
from steps import Steps, main


class Author(Model):
    name = CharField(unique=True)


class Tag(Model):
    name = CharField()


class Book(Model):
    id = UUIDField(primary_key=True, default=uuid4)
    title = TextField()
    price = DecimalField(8, 2, null=True)
    made = DateTimeField(default=datetime.now)
    said = BinaryJSONField(default=dict)
    words = ArrayField(TextField, default=list)
    author = ForeignKeyField(Author, backref="books")
    tags = ManyToManyField(Tag)


MODELS = [Author, Tag, Book, Book.tags.get_through_model()]


def related(db: Any, steps: Steps) -> None:
    ada = Author.create(name="Ada")
    for names in chunked([{"name": f"Author {n}"} for n in range(25)], 10):
        Author.insert_many(names).execute()
    tags = [Tag.create(name=name) for name in ("old", "new")]
    for number in range(4):
        said = {"said": {"n": [number]}, "words": ["a,b", 'c"d']}
        book = Book.create(title=f"Book {number}", price=Decimal(number) / 4, author=ada, **said)
        book.tags.add(tags[: number % 3])
    books = Book.select(Book, Author).join(Author).where(Book.price > 0.3).order_by(Book.title)
    steps.add("joined", [(book.title, book.price, book.author.name, book.said, book.words) for book in books])
    steps.add("tags", [[tag.name for tag in book.tags.order_by(Tag.id)] for book in books])
    fetched = prefetch(Author.select().where(Author.name == "Ada"), Book.select())
    steps.add("prefetched", [sorted(book.title for book in author.books) for author in fetched])
    steps.add("in json", [book.title for book in Book.select().where(Book.said["n"][0] == "2")])
    counted = Author.select(Author.name, fn.COUNT(Book.id)).join(Book).group_by(Author.name).tuples()
    steps.add("counted", list(counted))
    steps.add("returned", [row.title for row in Book.update(price=9).where(Book.title == "Book 1").returning(Book)])
    put = Author.insert(name="Ada").on_conflict(conflict_target=[Author.name], update={Author.name: "Ada L."})
    steps.add("upserted", list(put.returning(Author.name).tuples().execute()))
    steps.add("again", Book.get_by_id(book.id).title)
    with db.atomic():
        steps.add("by a server-side cursor", len(list(ServerSide(Author.select(), array_size=7))))


def in_transactions(db: Any, steps: Steps) -> None:
    def twice() -> None:
        with db.atomic():
            Author.create(name="Ada L.")

    with db.atomic():
        Author.create(name="Kept")
        steps.fails("a name twice", twice)
        with db.atomic() as point:
            Author.create(name="Undone")
            point.rollback()
    steps.add("left", Author.select().where(Author.name.in_(["Kept", "Undone"])).count())
    steps.fails("misspelt", lambda: db.execute_sql("SELEKT 1"))
    steps.fails("none", lambda: Author.get(Author.name == "nobody"))
    steps.fails("no reference", lambda: Book.create(title="x", author=999))


def migrated(db: Any, steps: Steps) -> None:
    migrator = PostgresqlMigrator(db)
    migrate(migrator.add_column("book", "isbn", TextField(default="none")), migrator.add_index("book", ("title",)))
    steps.add("tables", db.get_tables())
    steps.add("columns", [(column.name, column.data_type) for column in db.get_columns("book")])
    steps.add("indexes", sorted(index.name for index in db.get_indexes("book")))


def scenario(url: str, _driver: str) -> Steps:
    steps = Steps()
    db = connect(url.replace("postgresql:", "postgresqlext:"))
    db.bind(MODELS)
    with db.connection_context():
        db.create_tables(MODELS)
        for act in (related, in_transactions, migrated):
            act(db, steps)
        db.drop_tables(MODELS)
    return steps


if __name__ == "__main__":
    main(scenario)
