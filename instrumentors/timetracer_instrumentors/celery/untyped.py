"""What is used of Celery and kombu, which come without types."""

from __future__ import annotations

from importlib import import_module
from typing import Any

kombu_json: Any = import_module("kombu.utils.json")
state: Any = import_module("celery._state")
trace: Any = import_module("celery.app.trace")

_result: Any = import_module("celery.result")
AsyncResult: Any = _result.AsyncResult
ResultBase: Any = _result.ResultBase
ResultSet: Any = _result.ResultSet
result_from_tuple: Any = _result.result_from_tuple

Celery: Any = import_module("celery.app.base").Celery
Control: Any = import_module("celery.app.control").Control
Reject: Any = import_module("celery.exceptions").Reject
Signature: Any = import_module("celery.canvas").Signature
signals: Any = import_module("celery.signals")
