"""How many callbacks a second are kept before they are answered: one transaction each, and together.

    .venv/bin/python -m benchmarks.callbacks [CALLBACKS] [TURNS] [DATABASE_URL]

In one process, 40 threads that each wait for their answer, as many as the console has: `receipts.store`, one
transaction for each callback, beside `Inbox.store`, which puts together what comes at the same time; in turns, on the
same database. Then over HTTP: `onevoice serve` as a process of its own, 40 connections, each callback signed as Twilio
signs. CALLBACKS for each turn. DATABASE_URL names an empty database; without it SQLite is used, with
`synchronous=FULL`. Writes benchmarks/results/callbacks.json.
"""

from __future__ import annotations

import http.client
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from threading import local
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, insert, select

from benchmarks.measured import publish
from benchmarks.stage import answers, free_port, part, quiet
from onevoice.dispatch import receipts
from onevoice.dispatch.inbox import Inbox
from onevoice.dispatch.providers import Evidence, Receipt, Word
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Means
from sandbox.signing import signature

AT_ONCE = 40
NOW = datetime.now(UTC)
ACCOUNT, SECRET = "AC" + "0" * 32, "not a secret"
MEANS_OF = {"sms": Means.SMS}
Say = Callable[[int], None]
"""Says that an attempt was delivered, and returns when that is kept."""


def main(count: int, turns: int, url: str | None) -> None:
    """Measure each way `turns` times with `count` callbacks."""
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        home = Path(folder)
        address = url or f"sqlite:///{home / 'onevoice.db'}"
        ledger, vault = Ledger.open(address), Vault.create(home / "keys.json")
        ledger.upgrade()
        fresh = iter(_attempts(ledger, vault, 3 * turns * count))
        inbox = Inbox(ledger, vault)
        ways: dict[str, Say] = {"one by one": _one_by_one(ledger, vault), "together": _together(inbox, vault)}
        took: dict[str, list[list[float]]] = {"one by one": [], "together": [], "over HTTP": []}
        with _console(home, address) as console:
            ways["over HTTP"] = _over_http(console, vault)
            for _, (way, say) in itertools.product(range(turns), ways.items()):
                took[way].append(_measure(say, list(itertools.islice(fresh, count))))
        kept = _delivered(ledger)
        ledger.close()
    _publish(count, turns, took, kept, "callbacks" + ("_postgresql" if url else ""))


def _publish(count: int, turns: int, took: dict[str, list[list[float]]], kept: int, name: str) -> None:
    rates = {way: round(median(count / one[0] for one in each)) for way, each in took.items()}
    publish(
        name,
        {
            "callbacks": count,
            "turns": turns,
            "kept_a_second": rates,
            "together_against_one_by_one": round(rates["together"] / rates["one by one"], 1),
            "answer_p99_ms": {way: round(median(one[1] for one in each) * 1000) for way, each in took.items()},
            "acknowledged_and_lost": 3 * turns * count - kept,
        },
    )


def _measure(say: Say, attempts: Sequence[int]) -> list[float]:
    """Seconds for all, and the 99th percentile of what one waits for its answer."""

    def timed(attempt: int) -> float:
        begun = time.perf_counter()
        say(attempt)
        return time.perf_counter() - begun

    with ThreadPoolExecutor(AT_ONCE) as threads:
        begun = time.perf_counter()
        waits = list(threads.map(timed, attempts))
        return [time.perf_counter() - begun, quantiles(waits, n=100)[98]]


# --- the ways ---------------------------------------------------------------------------------------------------------


def _receipt(vault: Vault, attempt: int) -> Receipt:
    return Receipt(
        "sms", Word.DELIVERED, f"d{attempt}", vault.token(attempt), evidence=Evidence.HANDSET, raw=_form(attempt)
    )


def _one_by_one(ledger: Ledger, vault: Vault) -> Say:
    return lambda n: _kept(receipts.store(ledger, vault, [_receipt(vault, n)], means_of=MEANS_OF, keywords={}).receipts)


def _together(inbox: Inbox, vault: Vault) -> Say:
    return lambda n: _kept(inbox.store([_receipt(vault, n)], means_of=MEANS_OF, keywords={}).receipts)


def _kept(new: int) -> None:
    if new != 1:
        raise AssertionError(new)


def _over_http(url: str, vault: Vault) -> Say:
    host, mine = urlsplit(url).netloc, local()

    def say(attempt: int) -> None:
        if not hasattr(mine, "line"):
            mine.line = http.client.HTTPConnection(host, timeout=60)
        path, form = f"/callbacks/sms/{vault.token(attempt)}", _form(attempt)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        mine.line.request(
            "POST", path, urlencode(form), kind | {"X-Twilio-Signature": signature(SECRET, url + path, form)}
        )
        answer = mine.line.getresponse()
        answer.read()
        if answer.status != 204:  # noqa: PLR2004 - kept, and nothing to say
            raise AssertionError(answer.status)

    return say


def _form(attempt: int) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT,
        "MessageSid": f"SM{attempt:032x}",
        "MessageStatus": "delivered",
        "From": "+12025550100",
        "To": "+12025550101",
        "ApiVersion": "2010-04-01",
    }


@contextmanager
def _console(home: Path, database: str) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    settings = {
        "ONEVOICE_HOME": str(home),
        "ONEVOICE_DATABASE_URL": database,
        "ONEVOICE_PUBLIC_URL": url,
        "ONEVOICE_TWILIO_API_BASE": "http://127.0.0.1:1",
        "ONEVOICE_TWILIO_ACCOUNT_SID": ACCOUNT,
        "ONEVOICE_TWILIO_AUTH_TOKEN": SECRET,
        "ONEVOICE_TWILIO_FROM": "+12025550100",
    }
    with part(["onevoice", "serve"], quiet() | settings):
        answers(f"{url}/healthz")
        yield url


# --- the ledger -------------------------------------------------------------------------------------------------------


def _attempts(ledger: Ledger, vault: Vault, count: int) -> range:
    """So many accepted calls of one release; their numbers."""
    common = {"status": "Exercise", "expires": NOW + timedelta(hours=12)}
    numbers = range(1, count + 1)
    with ledger.write() as conn:
        alert = {"id": "a", "chain": "c", "version": 1, "incident": "i", "hazard": "river_flood", "kind": "warning"}
        alert |= {"state": "sending", "body": {}, "factset": "", "author": "benchmark", "editors": []}
        conn.execute(insert(t.alert).values(**alert, created_at=NOW, **common))
        release = {"id": 1, "alert_id": "a", "hash": "", "mode": "exercise", "contacts": 0, "deliveries": 0}
        release |= {"summary": {}, "frozen_at": NOW, "due_at": NOW, "urgency": "Expected", "severity": "Severe"}
        conn.execute(insert(t.release).values(**release, **common))
        sealed = vault.seal("+12025550101")
        points = [
            {"id": n, "means": "sms", "contact_key": f"k{n}", "address_enc": sealed, "masked": ""} for n in numbers
        ]
        conn.execute(insert(t.contact_point), points)
        plain = {"release_id": 1, "means": "sms", "masked": "", "variant_id": "v", "segment": "s", "language": "en"}
        plain |= {"state": "accepted", "state_at": NOW, "not_before": NOW + timedelta(hours=1), "fence": 1, "tries": 1}
        rows = [{"id": n, "point_id": n, "contact_key": f"k{n}", "accepted_at": NOW, **plain} for n in numbers]
        conn.execute(insert(t.delivery), rows)
        call = {"fence": 1, "worker": "w", "provider": "sms", "intent_at": NOW, "result": "accepted", "result_at": NOW}
        conn.execute(insert(t.attempt), [{"id": n, "delivery_id": n, "ref": f"SM{n:032x}", **call} for n in numbers])
    return numbers


def _delivered(ledger: Ledger) -> int:
    with ledger.read() as conn:
        return conn.scalar(select(func.count()).where(t.delivery.c.state == "delivered")) or 0


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, 1000)), int(given.get(2, 3)), given.get(3))
