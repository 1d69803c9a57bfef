"""Django's ORM: ``orm_django.py MODE CASSETTE URL DRIVER``. Django takes psycopg where it is there: psycopg2 else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import django
from steps import Steps, main

os.environ |= {"DATABASE": sys.argv[3], "DJANGO_SETTINGS_MODULE": "shop.settings"}
if sys.argv[4] == "psycopg2":
    sys.modules["psycopg"] = None  # type: ignore[assignment] # it cannot be imported
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.postgres.aggregates import ArrayAgg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, models, transaction  # noqa: E402
from django.db.models import Count, F, Prefetch, Sum  # noqa: E402
from shop.models import Author, Book, Tag, Thing  # noqa: E402

MODELS = (Author, Tag, Book, Thing)


def migrated(steps: Steps) -> None:
    """Django's own migrations, and what a migration of ours would do."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    steps.add("tables", sorted(connection.introspection.table_names()))
    steps.add("server", connection.pg_version)
    call_command("migrate", verbosity=0)
    added = models.TextField(default="none")
    added.set_attributes_from_name("isbn")
    with connection.schema_editor() as editor:
        editor.add_field(Book, added)
        editor.add_index(Book, models.Index(fields=["price"], name="by_price"))
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, "shop_book")
        steps.add("columns", [(column.name, column.type_code, column.null_ok) for column in described])
        steps.add("constraints", sorted(connection.introspection.get_constraints(cursor, "shop_book")))
    with connection.schema_editor() as editor:
        editor.remove_field(Book, added)


def related(steps: Steps) -> None:
    ada = Author.objects.create(name="Ada", born=date(1815, 12, 10))
    Author.objects.bulk_create([Author(name=f"Author {n}") for n in range(30)])
    tags = [Tag.objects.create(name=name) for name in ("old", "new", "grüße")]
    for number in range(6):
        book = Book.objects.create(title=f"Book {number}", price=Decimal(number) / 4, author=ada)
        book.tags.add(*tags[: number % 3])
    books = Book.objects.select_related("author").filter(price__gt=Decimal("0.5")).order_by("id")
    steps.add("joined", [(book.title, book.price, book.author.name, book.author.born) for book in books])
    prefetched = Author.objects.prefetch_related(
        Prefetch("books", Book.objects.prefetch_related("tags").order_by("id"))
    )
    found = prefetched.get(name="Ada").books.all()
    steps.add("prefetched", [(book.title, sorted(tag.name for tag in book.tags.all())) for book in found])
    steps.add("aggregated", Book.objects.aggregate(Sum("price"), Count("id")))
    named = Author.objects.annotate(n=Count("books"), all=ArrayAgg("books__title", order_by="books__title"))
    steps.add("annotated", list(named.filter(n__gt=0).values_list("name", "n", "all")))
    steps.add("updated", Book.objects.filter(author=ada).update(price=F("price") + 1))
    steps.add("sliced", list(Author.objects.order_by("-name").values("name")[3:6]))
    steps.add("there", (Author.objects.filter(name="Ada").exists(), Author.objects.filter(name="Bea").exists()))
    steps.add("got or created", [Tag.objects.get_or_create(name="new")[1], Tag.objects.get_or_create(name="newer")[1]])
    put = [Author(name="Ada", born=date(1815, 1, 1)), Author(name="Bea")]
    Author.objects.bulk_create(put, update_conflicts=True, update_fields=["born"], unique_fields=["name"])
    steps.add("upserted", list(Author.objects.filter(name__in=["Ada", "Bea"]).order_by("name").values_list("born")))
    steps.add("deleted", Book.objects.filter(title="Book 5").delete())
    book = Book.objects.order_by("id").first()
    book.title = "Another"
    book.save(update_fields=["title"])
    book.refresh_from_db()
    steps.add("saved", book.title)
    steps.add("explained", "Seq Scan" in Author.objects.filter(born__isnull=False).explain())


def typed(steps: Steps) -> None:
    thing = Thing.objects.create(
        lasts=timedelta(days=3, seconds=5),
        blob=b"\0\xff",
        share=0.1,
        said={"a": [1, None, "ü"]},
        words=["a,b", 'c"d'],
        pages=(1, 5),
        where="10.0.0.1",
    )
    found = Thing.objects.get(pk=thing.pk)
    steps.add("values", (found.lasts, bytes(found.blob), found.share, found.said, found.words, found.where))
    steps.add("odd values", ((found.pages.lower, found.pages.upper), found.made.tzinfo, type(found.pk), found == thing))
    late = Thing.objects.filter(made__lt=datetime.now(timezone.utc) + timedelta(days=1), said__a__0=1)
    steps.add("by a moment", [one.words for one in late])
    steps.add("in an array", Thing.objects.filter(words__contains=["a,b"]).count())


def with_users(steps: Steps) -> None:
    """Their passwords' salts and hashes are others in each run."""
    user = User.objects.create_user("ada", "ada@example.com", "s3cret phrase")
    user.groups.add(Group.objects.create(name="writers"))
    found = User.objects.get(username="ada")
    steps.add("user", (found.has_usable_password(), found.is_active, found.has_perm("auth.add_user")))
    steps.add("groups", list(User.objects.filter(groups__name="writers").values_list("username", flat=True)))


def streamed(steps: Steps) -> None:
    names = list(Author.objects.order_by("id").values_list("name", flat=True).iterator(chunk_size=7))
    steps.add("by a server-side cursor", (len(names), names[0], names[-1]))
    with transaction.atomic():
        some = Author.objects.order_by("id").iterator(chunk_size=5)
        steps.add("some", next(some).name)
        some.close()
        authors, tags = Author.objects.iterator(chunk_size=3), Tag.objects.iterator(chunk_size=2)
        steps.add("two at once", [(next(authors).name, tag.name) for tag in tags])
        authors.close()
    fetched = Book.objects.prefetch_related("tags").order_by("id").iterator(chunk_size=2)
    steps.add("prefetched in chunks", [len(book.tags.all()) for book in fetched])


def in_transactions(steps: Steps) -> None:
    def taken() -> None:
        with transaction.atomic():
            Author.objects.create(name="Ada")

    with transaction.atomic():
        Author.objects.select_for_update().get(name="Ada")
        Author.objects.create(name="Kept")
        steps.fails("a name twice", taken)
        with transaction.atomic():
            point = transaction.savepoint()
            Author.objects.create(name="Undone")
            transaction.savepoint_rollback(point)
        steps.add("after it", Author.objects.filter(name__in=["Kept", "Undone"]).count())
        transaction.on_commit(lambda: steps.add("committed", True))

    def broken() -> None:
        with transaction.atomic():
            Author.objects.create(name="Rolled back")
            raise ValueError("no more")

    steps.fails("rolled back", broken)
    steps.add("gone", Author.objects.filter(name="Rolled back").count())

    def aborted() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                steps.fails("within", lambda: cursor.execute("SELECT 1 / 0"))
                cursor.execute("SELECT 1")

    steps.fails("aborted", aborted)


def failing(steps: Steps) -> None:
    def asked(query: str, *given: Any) -> Callable[[], Any]:
        def ask() -> Any:
            with connection.cursor() as cursor:
                cursor.execute(query, given or None)
                return cursor.fetchall()

        return ask

    steps.add("by hand", asked("SELECT %s::int + 1, 'it''s %%'", 5)())
    steps.fails("misspelt", asked("SELEKT 1"))
    steps.fails("no table", asked("SELECT * FROM nowhere"))
    steps.fails("a value too long", lambda: Book.objects.create(title="x" * 101, author_id=1))
    steps.fails("not checked", lambda: Book.objects.filter(id=1).update(price=-1))
    steps.fails("no reference", lambda: [Book.objects.create(title="x", author_id=999), connection.check_constraints()])
    steps.fails("none", lambda: Author.objects.get(name="nobody"))
    steps.fails("terminated", asked("SELECT pg_terminate_backend(pg_backend_pid())"))
    connection.close()
    steps.add("another connection", Author.objects.count())


def at_once(number: int) -> Any:
    """One of several units of work, each with the connection of its thread."""
    try:
        with transaction.atomic():
            author = Author.objects.get(name=f"Author {number}")
            Book.objects.create(title=f"At once {number}", author=author, price=number)
        return list(Book.objects.filter(author=author).values_list("title", "price"))
    finally:
        connections.close_all()


def scenario(_url: str, _driver: str) -> Steps:
    steps = Steps()
    for act in (migrated, related, typed, with_users, streamed, in_transactions, failing):
        act(steps)
    with ThreadPoolExecutor(5) as threads:
        steps.add("at once", list(threads.map(at_once, range(20))))
    with connection.schema_editor() as editor:
        for model in reversed(MODELS):
            editor.delete_model(model)
    call_command("flush", verbosity=0, interactive=False)
    steps.add("flushed", User.objects.count())
    connection.close()
    return steps


if __name__ == "__main__":
    main(scenario)
