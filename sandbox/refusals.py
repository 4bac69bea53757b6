"""The errors of the SMS service: https://www.twilio.com/docs/api/errors (read 2026-11)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

WRONG_CREDENTIALS = 20003
TOO_MANY = 20429

# code: (HTTP status, message). Where Twilio puts the number into its message, so does the sandbox:
# a client that logs the message leaks it here as it would there.
ERRORS = {
    20001: (400, "Invalid {what} value."),
    WRONG_CREDENTIALS: (401, "Authenticate"),
    20404: (404, "The requested resource {what} was not found"),
    TOO_MANY: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {what}"),
    21212: (400, "Invalid 'From' Number: {what}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "The 'StatusCallback' URL {what} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number: {what}, is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}


class Refusal(Exception):
    """The service does not do what was asked; `code` is Twilio's number for why."""

    def __init__(self, code: int, what: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.status, sentence = ERRORS[code]
        self.message = sentence.format(what=what)
        self.headers = dict(headers or {})
        if code == WRONG_CREDENTIALS:
            self.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        super().__init__(self.outcome)

    @property
    def outcome(self) -> str:
        """How the record says it: HTTP status and code."""
        return f"{self.status} {self.code}"

    def response(self) -> JSONResponse:
        """The error as Twilio sends it."""
        return error_response(self.status, self.code, self.message, self.headers)


def error_response(status: int, code: int, message: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Twilio's error object under any HTTP status."""
    content = {
        "code": code,
        "message": message or HTTPStatus(status).phrase,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(content, status, headers=headers)
