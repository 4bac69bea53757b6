# ruff: noqa: E501 - a table reads best with one row a line
"""Which faults there are, what must come of each, and where those are tested that this harness does not try."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One fault. `elsewhere`: the test files of other rooms that try it; `missing`: why there is no test, or no whole one."""

    id: str
    what: str
    expected: str
    elsewhere: str = ""
    missing: str = ""


CRASHES = (
    Fault("F1", "kill -9 while a release is planned", "all rows or none; submitted again, exactly n rows"),
    Fault(
        "F2",
        "kill -9 after the claim, before the intents are committed",
        "nobody noticed: each sent once, none in doubt",
    ),
    Fault(
        "F3",
        "kill -9 after the intents are committed, before a call",
        "in doubt; minor: parked, 0 sent; else exactly once",
    ),
    Fault(
        "F4",
        "kill -9 after the request left, before its answer",
        "a callback or the provider's list settles it; a callback within the grace: no second call",
    ),
    Fault("F5", "kill -9 after the answer, before it is kept", "as F4"),
    Fault("F6", "kill -9 between an act and its audit entry", "both or neither; the chain is whole"),
    Fault(
        "F7",
        "kill -9 of who takes callbacks, before and after the commit",
        "said again or looked up; the same final state",
    ),
    Fault(
        "F8",
        "SIGSTOP between intent and call past lease and grace, then SIGCONT",
        "others take over; the late answer is kept; duplicates ≤ W, each in doubt",
    ),
    Fault(
        "F9",
        "power loss: what was not synced is gone",
        "no intent and no acknowledged callback is missing; with synchronous=NORMAL they would be",
    ),
    Fault("F10", "a sender is gone; another one runs", "noticed and its rows re-owned within 60 s"),
    Fault("F11", "SIGTERM in the middle", "what runs is finished within 15 s, nothing new is claimed, none in doubt"),
    Fault(
        "F12",
        "everything is killed during a release",
        "released once; pressed again: the same release, by the same person",
    ),
    Fault(
        "F13",
        "random kills of senders and listeners, with providers that are not well (200 seeds)",
        "0 lost; in doubt ≤ W a kill; duplicates ≤ W, each in doubt",
    ),
)
PROVIDERS = (
    Fault(
        "F14",
        "429 with and without a Retry-After, absurd ones too",
        "waited for, by senders that are started later too; certainly not taken, so none in doubt and none twice",
    ),
    Fault(
        "F15",
        "500, 502, 503, 504 after accepting, the callback before or after the grace",
        "in doubt, not called again while it can be found",
    ),
    Fault("F16", "no answer after accepting; an answer of a byte a second", "given up in time; in doubt, then found"),
    Fault("F17", "the provider refuses connections; TLS fails", "certainly not taken; sent when it is back, once"),
    Fault("F18", "200 with a web page, nothing, no id, another recipient", "in doubt, never accepted; then found"),
    Fault("F19", "one provider id for two calls", "the second is in doubt; then found"),
    Fault("F20", "the account is refused in the middle", "the channel stops, that is written down, other means go on"),
    Fault("F21", "a provider takes 5 s for each call", "other means are not held up; the database is not either"),
    Fault(
        "F22",
        "a means is down altogether",
        "the others go on; a second account takes over; nothing is lost when it is back, nothing in doubt goes elsewhere",
        "tests/dispatch/test_failover.py",
    ),
    Fault(
        "F23",
        "SMTP 421, 450, 550 and 552 at each verb",
        "4xx again, 5xx at RCPT and after final; none in doubt",
        "tests/channels/test_smtp_send.py (every reply at every verb)",
    ),
    Fault(
        "F24",
        "the link to the mail server is lost after the final dot",
        "in doubt; a second mail has the same Message-ID",
    ),
    Fault("F25", "250, then an error at QUIT", "accepted; not sent again"),
    Fault("F26", "the mail server takes the mail and never answers", "given up in time; in doubt"),
    Fault(
        "F27",
        "delivery reports: late, malformed, forged",
        "only ours, and only for that delivery",
        "tests/channels/test_bounces.py",
    ),
    Fault(
        "F28",
        "social networks: key expired, limited, post deleted",
        "look before posting again",
        "tests/desk/test_posts_whole_way.py and tests/dispatch/test_posts.py",
    ),
    Fault(
        "F29",
        "accepted, and never a receipt",
        "looked up, shown as accepted, never as delivered; the alert is completed",
    ),
)
CALLBACKS = (
    Fault(
        "F30",
        "callbacks in any order, each several times",
        "one final state",
        "tests/ledger/test_states.py (10,000 shuffles)",
    ),
    Fault("F31", "delivered is heard before the create is answered", "kept and folded"),
    Fault("F32", "a storm of callbacks while sending", "each is stored before it is answered; sending goes on"),
    Fault("F33", "nobody takes callbacks", "polls close every row"),
    Fault("F34", "forged callbacks", "403; nothing changes", "tests/channels/test_twilio_receipts.py (mutations)"),
    Fault("F35", "callbacks that are too large, slow or broken", "413, 400; memory stays flat", "tests/console"),
    Fault(
        "F36",
        "STOP during a claim; STOP then START; STOP in other scripts",
        "next transaction",
        "tests/dispatch/test_replies.py",
    ),
    Fault(
        "F37",
        "hundreds of calls for help at once, from one number and from as many",
        "none lost, all of them urgent, one number is answered a few times at most",
        missing="the alarm, and one line a person, come with the page for replies",
    ),
    Fault("F38", "two machines that answer each other", "the loop is cut", "tests/dispatch/test_replies.py"),
    Fault("F39", "the same reply five times", "one reply", "tests/dispatch/test_replies.py"),
)
STORAGE = (
    Fault(
        "F40",
        "the SQLite file is locked by another process",
        "no call without a committed intent; afterwards each once; halt works by its file",
    ),
    Fault("F41", "the disk is full", "nothing is claimed; halt works; then all sent, each once"),
    Fault("F42", "the database is deleted, damaged or read-only", "nothing is sent any more, in one sentence"),
    Fault(
        "F43",
        "the connection to PostgreSQL is cut before and after COMMIT is sent",
        "what was committed is read again before any call; each once",
    ),
    Fault("F44", "a transaction fails (lock, deadlock, serialization)", "it is made again; no call is"),
    Fault(
        "F45",
        "half a migration; a schema that is newer than the program",
        "refuses to start",
        "tests/ledger/test_engine.py",
    ),
    Fault(
        "F46",
        "the clocks of hosts are an hour apart, or step in the middle",
        "leases follow the database's clock; nothing expires early, nothing is sent late",
    ),
    Fault(
        "F47",
        "daylight saving, leap days, times without a zone",
        "stored in UTC; without a zone refused",
        "tests/desk/test_resolve.py",
    ),
    Fault("F48", "yesterday's backup is restored in the middle", "starts halted; 0 re-sends"),
    Fault("F49", "Prefect's server is dead, or dies", "what is due is sent within 30 s by `send-due`, nothing twice"),
    Fault("F50", "Prefect's database is locked, or wiped", "no effect on any delivery"),
    Fault("F51", "two senders, or the same flow twice, on the same rows", "each delivery once"),
    Fault("F52", "senders come back after hours", "what is too late is closed, and not sent"),
    Fault("F53", "no file descriptors are left", "slower, and nothing is lost"),
)
SECTIONS = (
    ("Crashes and pauses", CRASHES),
    ("Providers", PROVIDERS),
    ("Callbacks and replies", CALLBACKS),
    ("Storage, clocks, platform", STORAGE),
)
EVERY = tuple(fault for _, faults in SECTIONS for fault in faults)
