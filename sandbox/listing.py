"""The list of messages: Twilio's filters and its paging."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import dropwhile, islice
from typing import Any
from urllib.parse import urlencode

from sandbox.messages import API_VERSION, Message, Messages
from sandbox.refusals import Refusal

PAGE_SIZE, LARGEST_PAGE = 50, 1000
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
Test = Callable[[Message], bool]


def listed(messages: Messages, query: Mapping[str, str], account_sid: str) -> dict[str, Any]:
    """One page, newest first. Raises Refusal for a date, page or token that cannot be read.

    As the filters are on the date *sent*, they leave out what has not been sent yet. DateSent alone means its whole
    day, whatever the hour: the SDK turns a date into midnight.
    """
    size = min(max(_number(query, "PageSize", PAGE_SIZE), 1), LARGEST_PAGE)
    page = _number(query, "Page", 0)
    tests = [_test(name, query[name]) for name in FILTERS if query.get(name)]
    chosen = (each for each in messages.newest_first(query.get("To", "")) if all(test(each) for test in tests))
    found = list(islice(_after(chosen, query.get("PageToken", ""), page * size), size + 1))
    shown, more = found[:size], len(found) > size
    kept = {name: query[name] for name in FILTERS if query.get(name)} | {"PageSize": str(size)}

    def uri(number: int, token: str = "") -> str:
        asked = kept | {"Page": str(number)} | ({"PageToken": token} if token else {})
        return f"/{API_VERSION}/Accounts/{account_sid}/Messages.json?{urlencode(asked)}"

    return {
        "end": page * size + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "messages": [message.resource(account_sid) for message in shown],
        "next_page_uri": uri(page + 1, f"PA{shown[-1].sid}") if more else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": uri(page - 1) if page else None,
        "start": page * size,
        "uri": uri(page, query.get("PageToken", "")),
    }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdecimal():
        raise Refusal(20001, name)
    return int(value)


def _after(messages: Iterator[Message], token: str, start: int) -> Iterator[Message]:
    # The token holds the last message of the page before: messages that came since do not shift the pages.
    if not token:
        return islice(messages, start, None)
    return islice(dropwhile(lambda message: f"PA{message.sid}" != token, messages), 1, None)


def _test(name: str, value: str) -> Test:
    if name == "To":
        return lambda message: message.to == value
    if name == "From":
        return lambda message: message.sender == value
    moment = _moment(value)
    if name == "DateSent<":
        return lambda message: message.sent is not None and message.sent <= moment
    if name == "DateSent>":
        return lambda message: message.sent is not None and message.sent >= moment
    return lambda message: message.sent is not None and message.sent.date() == moment.date()


def _moment(value: str) -> datetime:
    """An instant, or the midnight with which a day (YYYY-MM-DD) begins; in UTC."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as problem:
        raise Refusal(20001, "date") from problem
