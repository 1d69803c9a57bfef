"""SQLModel: ``orm_sqlmodel.py MODE CASSETTE URL DRIVER``."""

from decimal import Decimal
from typing import Optional
from uuid import UUID, uuid4

from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select
from steps import Steps, main


class Author(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    books: list["Book"] = Relationship(back_populates="author")


class Book(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    title: str
    price: Decimal | None = Field(default=None, max_digits=8, decimal_places=2)
    author_id: int = Field(foreign_key="author.id")
    author: Optional["Author"] = Relationship(back_populates="books")


def scenario(url: str, driver: str) -> Steps:
    steps = Steps()
    engine = create_engine(url.replace("postgresql://", f"postgresql+{driver}://"))
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        books = [Book(title=f"Book {number}", price=Decimal(number) / 4) for number in range(4)]
        session.add(Author(name="Ada", books=books))
        session.commit()
        known = books[2].id
    with Session(engine) as session:
        ada = session.exec(select(Author).where(Author.name == "Ada")).one()
        steps.add("author", dict(sorted(ada.model_dump().items())))
        steps.add("related", sorted((book.title, book.price) for book in ada.books))
        steps.add("by its identifier", session.get_one(Book, known).title)
        joined = select(Author.name, Book.title).join(Book).where(Book.price > 0.3).order_by(Book.title)
        steps.add("joined", [tuple(row) for row in session.exec(joined)])
        session.add(Author(name="Ada"))
        steps.fails("a name twice", session.commit)
        session.rollback()
        with session.begin_nested():
            session.delete(session.get_one(Book, known))
        session.commit()
        steps.add("left", len(session.exec(select(Book)).all()))
    SQLModel.metadata.drop_all(engine)
    engine.dispose()
    return steps


if __name__ == "__main__":
    main(scenario)
