"""How many mails a second leave, beside `smtplib` and `EmailMessage` on one kept connection.

    .venv/bin/python -m benchmarks.send_mail [MAILS] [TURNS]

Text and page in three languages, with each person's own address of their page and id of their message, not signed. Ours
is `onevoice send-due` on SQLite, each attempt committed before its call; the other keeps no books at all and sends a
tenth of the mails. In turns, to the same sink; the sink's own clock from the first to the last, and processor seconds.
Writes benchmarks/results/send_mail.json.
"""

from __future__ import annotations

import smtplib
import sys
import tempfile
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from statistics import median

from benchmarks import outbox
from benchmarks.measured import publish
from benchmarks.send_messages import Fresh, Sink, databases, followed, told
from benchmarks.stage import part, quiet
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Means

SHARE = 10


def main(count: int, turns: int) -> None:
    """Measure each way `turns` times, in turns."""
    took: dict[str, list[dict[str, float]]] = {"onevoice": [], "smtplib": []}
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder, Sink() as sink, databases("sqlite") as fresh:
        for turn in range(turns):
            took["onevoice"].append(_onevoice(sink, Path(folder) / str(turn), fresh, count))
            took["smtplib"].append(_smtplib(sink, max(50, count // SHARE)))
            print(turn, {way: each[-1] for way, each in took.items()}, file=sys.stderr)
    both = list(zip(took["onevoice"], took["smtplib"], strict=True))
    publish(
        "send_mail",
        {
            "mails": count,
            "turns": turns,
            "a_second": {way: round(median(one["rate"] for one in each)) for way, each in took.items()},
            "cpu_us_a_mail": {way: round(median(one["cpu_us"] for one in each)) for way, each in took.items()},
            "against_smtplib": round(median(ours["rate"] / theirs["rate"] for ours, theirs in both), 1),
            "against_smtplib_by_processor": round(median(t["cpu_us"] / o["cpu_us"] for o, t in both), 1),
            "must_be_at_least": {"against_smtplib": 10},
        },
    )


def _onevoice(sink: Sink, home: Path, fresh: Fresh, count: int) -> dict[str, float]:
    home.mkdir()
    url = fresh(home)
    ledger = Ledger.open(url)
    ledger.upgrade()
    outbox.fill(ledger, Vault.create(home / "keys.json"), count, Means.EMAIL)
    ledger.close()
    environment = quiet() | outbox.environment(outbox.settings(home, url, sink.sms, sink.smtp))
    sink.count(anew=True)
    with part(["onevoice", "send-due"], environment) as sender:
        return followed(sink, count, [sender.pid], "mail")


def _smtplib(sink: Sink, count: int) -> dict[str, float]:
    texts = outbox.texts(Means.EMAIL)
    sink.count(anew=True)
    with smtplib.SMTP(*sink.smtp) as server:
        began = time.process_time()
        for number in range(count):
            server.send_message(_message(texts[number % len(texts)].parts, number))
        used = time.process_time() - began
    return told(sink, count, used / count, "mail")


def _message(parts: dict[str, str], number: int) -> EmailMessage:
    page, known = f"http://127.0.0.1:8300/manage/{number:020d}", f"{number:020d}"
    own = {name: text.replace("{manage_url}", page).replace("{message_id}", known) for name, text in parts.items()}
    mail = EmailMessage()
    mail["From"] = "Millford EM <alerts@millford.example>"
    mail["To"] = outbox.address(number, Means.EMAIL)
    mail["Subject"] = own["subject"]
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{known}@millford.example>"
    mail["List-Unsubscribe"] = f"<{page}>"
    mail.set_content(own["text"])
    mail.add_alternative(own["html"], subtype="html")
    return mail


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, 10_000)), int(given.get(2, 3)))
