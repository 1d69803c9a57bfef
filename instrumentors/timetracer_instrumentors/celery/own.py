"""Celery's own business: what it does with its broker and its result backend for itself.

No instrumentor of Redis or AMQP sees any of it, and none of it happens in a replay: there is neither broker nor
backend. A worker's consumer, its heart and its gossip run within `Consumer.start`, and end in `_shutdown`; what threads
and greenlets of its pool do beside their task, they do within `apply_target`. The task itself is the app's again, there
as anywhere (see `consumer`).
"""

from __future__ import annotations

from typing import Any

from timetracer.seams.declaration import EndSeam, OwnSeam


def nothing(*_: Any, **__: Any) -> None:
    """Nobody is there to be told."""


def as_given(_backend: Any, _id: str, value: Any, *_: Any, **__: Any) -> Any:
    """What was to be stored, stored or not."""
    return value


_BASE = "celery.backends.base:Backend"
_KEY_VALUE = "celery.backends.base:BaseKeyValueStoreBackend"
_TOLD = "celery.backends.asynchronous:AsyncBackendMixin"
_REDIS = "celery.backends.redis:RedisBackend"
_RPC = "celery.backends.rpc:RPCBackend"

SEAMS = (
    # What a producer does besides sending and looking.
    OwnSeam(f"{_REDIS}.on_task_call", nothing),
    OwnSeam(f"{_RPC}.on_task_call", nothing),
    OwnSeam(f"{_TOLD}.add_pending_result"),
    OwnSeam(f"{_TOLD}.add_pending_results"),
    OwnSeam(f"{_TOLD}.remove_pending_result"),
    OwnSeam("celery.backends.redis:ResultConsumer.consume_from", nothing),
    OwnSeam("celery.backends.redis:ResultConsumer.cancel_for", nothing),
    OwnSeam("celery.backends.rpc:ResultConsumer.consume_from", nothing),
    OwnSeam("celery.backends.rpc:ResultConsumer.cancel_for", nothing),
    OwnSeam(f"{_BASE}.forget", nothing),
    OwnSeam(f"{_REDIS}.forget", nothing),
    OwnSeam(f"{_RPC}.forget", nothing),
    OwnSeam(f"{_BASE}.save_group", as_given),
    OwnSeam(f"{_BASE}.delete_group", nothing),
    OwnSeam(f"{_BASE}.set_chord_size", nothing),
    OwnSeam(f"{_REDIS}.set_chord_size", nothing),
    OwnSeam(f"{_BASE}.apply_chord", nothing),
    OwnSeam(f"{_KEY_VALUE}._apply_chord_incr", nothing),
    OwnSeam(f"{_REDIS}.apply_chord", nothing),
    # What a worker does besides running tasks.
    OwnSeam(f"{_BASE}.store_result", as_given),
    OwnSeam(f"{_RPC}.store_result", as_given),
    OwnSeam(f"{_BASE}.on_chord_part_return", nothing),
    OwnSeam(f"{_KEY_VALUE}.on_chord_part_return", nothing),
    OwnSeam(f"{_REDIS}.on_chord_part_return", nothing),
    OwnSeam(f"{_REDIS}.add_to_chord", nothing),
    OwnSeam("celery.app.task:Task.send_event", nothing),
    OwnSeam("celery.worker.consumer.consumer:Consumer.start"),
    OwnSeam("celery.worker.worker:WorkController._shutdown"),
    # What it does beside that in threads and greenlets of its own: it acknowledges, it listens to commands, it ticks.
    OwnSeam("celery.concurrency.base:apply_target"),
    OwnSeam("celery.concurrency.thread:apply_target"),  # which has it by name
    OwnSeam("celery.concurrency.gevent:apply_timeout"),
    OwnSeam("celery.worker.pidbox:gPidbox.loop"),
    OwnSeam("kombu.asynchronous.timer:Entry.__call__"),
    OwnSeam("celery.beat:Scheduler._ensure_connected"),
    EndSeam("celery.concurrency.prefork:process_destructor"),
    # Results that arrive while nobody asks: in the greenlet of a gevent or eventlet app.
    OwnSeam("celery.backends.redis:ResultConsumer.drain_events"),
    OwnSeam("celery.backends.rpc:ResultConsumer.drain_events"),
)
