"""A service for `test_service`: Flask on psycopg2 (``DATABASE``), a connection for each request."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/things/<int:number>")
def thing(number: int) -> dict[str, Any]:
    with closing(psycopg2.connect(os.environ["DATABASE"])) as connection, connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO things (n) VALUES (%s) RETURNING id", (number,))
        (written,) = cursor.fetchone() or (None,)
        cursor.execute("SELECT n * %s FROM generate_series(1, 5) AS n", (number,))
        return {"id": written, "products": [product for (product,) in cursor.fetchall()]}
