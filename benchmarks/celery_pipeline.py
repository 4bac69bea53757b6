"""What many would build: one Celery task for each message, on Redis, with the ORM and Twilio's own SDK.

It keeps the one promise that OneVoice keeps as well: that a call is about to be made is committed before the call is,
and what it came to afterwards. Everything else it leaves out: rates, windows, order, receipts, the kill switch.
Started by benchmarks/send_messages.py as `celery -A benchmarks.celery_pipeline worker`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from celery import Celery
from sqlalchemy import create_engine, event, insert, update
from sqlalchemy.orm import Session, registry
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from benchmarks.outbox import SENDER
from onevoice.ledger import tables as t
from onevoice.ledger.vault import Vault

app = Celery("pipeline", broker=os.environ.get("BENCH_REDIS", "redis://127.0.0.1:1/0"))
app.conf.update(task_ignore_result=True, task_acks_late=True, broker_connection_retry_on_startup=True)
ACCOUNT = "AC" + "0" * 32


class Delivery:
    """A row of the delivery table."""


class Point:
    """A row of the table of contact points."""


class Words:
    """A row of the table of texts."""


mapping = registry()
mapping.map_imperatively(Delivery, t.delivery)
mapping.map_imperatively(Point, t.contact_point)
mapping.map_imperatively(Words, t.variant)


class There(TwilioHttpClient):
    """The SDK's client, with the sink in place of Twilio."""

    def request(self, method: str, url: str, *more: Any, **named: Any) -> Response:
        """Make the request there."""
        return super().request(
            method, url.replace("https://api.twilio.com", os.environ["BENCH_SINK"], 1), *more, **named
        )


@cache
def _parts() -> tuple[Any, Vault, Any]:
    """Engine, keys and client of this worker process."""
    url = os.environ["BENCH_DATABASE"]
    engine = create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})
    if url.startswith("sqlite"):
        event.listen(engine, "connect", _durable)
    vault = Vault.load(Path(os.environ["BENCH_KEYS"]))
    return engine, vault, Client(ACCOUNT, "not a secret", http_client=There(pool_connections=True)).messages


def _durable(dbapi: Any, _record: object) -> None:
    dbapi.execute("PRAGMA synchronous=FULL")


@app.task  # type: ignore[untyped-decorator]
def send(delivery_id: int) -> None:
    """Send one message: intent committed, call, outcome committed."""
    engine, vault, messages = _parts()
    with Session(engine) as session:
        row: Any = session.get_one(Delivery, delivery_id)
        point: Any = session.get_one(Point, row.point_id)
        words: Any = session.get_one(Words, (row.release_id, row.variant_id))
        to, text = vault.unseal(point.address_enc), words.body["parts"]["text"]
        session.rollback()
        row.state, row.fence, row.tries = "submitting", row.fence + 1, row.tries + 1
        intent = {"delivery_id": row.id, "fence": row.fence, "worker": "celery", "provider": "sms"}
        number = session.scalar(insert(t.attempt).values(**intent, intent_at=row.state_at).returning(t.attempt.c.id))
        session.commit()
        callback = f"http://127.0.0.1:8300/callbacks/sms/{vault.token(number or 0)}"
        made = messages.create(to=to, from_=SENDER, body=text, status_callback=callback, validity_period=3600)
        row.state, row.ref, row.code = "accepted", made.sid, made.status
        done = {"result": "accepted", "ref": made.sid, "code": made.status, "result_at": row.state_at}
        session.execute(update(t.attempt).where(t.attempt.c.id == number).values(**done))
        session.commit()
