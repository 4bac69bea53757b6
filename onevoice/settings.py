"""Settings: read once, at the edge, from the environment or `.env`. A wrong value names the setting."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from onevoice.errors import WrongSetting

PUBLIC_PROVIDER_HOSTS = ("twilio.com", "mastodon.social", "bsky.social", "bsky.network")
"""Hosts that reach the public. An exercise deployment refuses to start with one of them."""

USED_WITH = {
    "twilio_api_base": "twilio_account_sid",
    "twilio2_api_base": "twilio2_account_sid",
    "bluesky_api_base": "bluesky_handle",
}
"""Addresses with a public default, and the setting without which nobody calls there."""

CAP_SENDER = re.compile(r"([A-Za-z0-9._-]+@)?([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
"""A mail address or a domain: what both CAP and the ids of feeds can carry."""


class Mode(StrEnum):
    """What a deployment may do. A property of the deployment, never of a message."""

    EXERCISE = "exercise"
    TEST = "test"
    LIVE = "live"


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _reaches_the_public(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in PUBLIC_PROVIDER_HOSTS)


class Settings(BaseSettings):
    """Everything a deployment decides. Field `x` is the setting `ONEVOICE_X`."""

    model_config = SettingsConfigDict(env_prefix="ONEVOICE_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(default=Path(".onevoice"), description="folder for database, keys, logs and the halt file")
    database_url: str = Field(
        default="", description="`sqlite:///…` or `postgresql+psycopg://…`; default: a file in the home folder"
    )
    mode: Mode = Field(default=Mode.EXERCISE, description="exercise, test or live: a property of the deployment")
    key_file: Path | None = Field(
        default=None, description="keys for addresses and signatures; default: keys.json in the home folder"
    )
    timezone: str = Field(default="America/New_York", description="IANA zone in which times are typed and told")
    public_url: str = Field(
        default="http://127.0.0.1:8300", description="where readers, approvers and providers find `onevoice serve`"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="further hosts that an exercise may talk to, comma-separated"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"),
        description="addresses or networks of proxies before `onevoice serve`, whose X-Forwarded-For is believed",
    )
    guests: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="refs of contacts who take part in tests"
    )
    secret: SecretStr | None = Field(
        default=None, description="the acting person's secret, for scripts; else it is asked"
    )
    new_secret: SecretStr | None = Field(
        default=None, description="what it is to become, for scripts that run `people secret`; else it is asked"
    )
    authority: str = Field(default="millford-em", description="id of the messenger who is the source")
    cap_sender: str = Field(
        default="",
        description="who CAP says it is from, for good: name it before you change ONEVOICE_SMTP_FROM; "
        "default: that address, else the authority at the host of the public address",
    )
    content: Path | None = Field(
        default=None, description="folder with templates/, locales/ and audiences/; default: the checkout"
    )
    deputy_after_minutes: int = Field(default=5, ge=1, description="when nobody answered, the next deputy is told")

    twilio_account_sid: str = Field(default="", description="your Twilio account")
    twilio_auth_token: SecretStr = Field(default=SecretStr(""), description="its token; also proves callbacks")
    twilio_from: str = Field(default="", description="a number, or a messaging service (MG…)")
    twilio_api_base: str = Field(default="https://api.twilio.com", description="another host that speaks the same")
    window: int = Field(
        default=128,
        ge=8,
        le=1024,
        description="calls on their way through one provider at most: so many are in doubt after a crash",
    )
    sms_rate: float = Field(default=100.0, gt=0, description="SMS segments a second that the sender may use")
    sms_weight: float = Field(
        default=1.0, ge=0, description="its weight beside a second account; 0: only while that one cannot be used"
    )
    twilio2_account_sid: str = Field(
        default="",
        description="a second account, there or at a service that speaks the same: it takes over, and shares",
    )
    twilio2_auth_token: SecretStr = Field(default=SecretStr(""), description="its token")
    twilio2_from: str = Field(default="", description="its number or messaging service")
    twilio2_api_base: str = Field(default="https://api.twilio.com", description="its web address")
    sms2_rate: float = Field(default=100.0, gt=0, description="SMS segments a second that its sender may use")
    sms2_weight: float = Field(default=1.0, ge=0, description="its weight; 0: only while the first cannot be used")

    smtp_host: str = Field(default="", description="mail server")
    smtp_port: int = Field(default=587, description="its port")
    smtp_user: str = Field(default="", description="name at the mail server, if it asks for one")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="and password")
    smtp_tls: bool = Field(default=True, description="STARTTLS; off only for a server on this machine")
    smtp_from: str = Field(default="", description="sender address")
    email_rate: float = Field(default=100.0, gt=0, description="messages a second that the mail server takes")

    mastodon_api_base: str = Field(default="", description="web address of your Mastodon server")
    mastodon_token: SecretStr = Field(default=SecretStr(""), description="access token of the account that posts")
    mastodon_account: str = Field(default="", description="that account, such as `@alerts@social.example`")
    mastodon_rate: float = Field(default=1.0, gt=0, description="posts a second on Mastodon")

    bluesky_api_base: str = Field(default="https://bsky.social", description="web address of your Bluesky server")
    bluesky_handle: str = Field(default="", description="the account that posts, such as `alerts.millford.example`")
    bluesky_password: SecretStr = Field(default=SecretStr(""), description="an app password of that account")
    bluesky_rate: float = Field(default=1.0, gt=0, description="posts a second on Bluesky")

    task_runner: Literal["threads", "dask"] = Field(
        default="threads", description="where tasks of flows run: here, or on the workers of a Dask cluster"
    )
    dask_address: str = Field(
        default="", description="its scheduler, such as `tcp://10.0.0.5:8786`; default: one on this machine"
    )
    shards: int = Field(
        default=4, ge=1, le=90, description="tasks that send at once on Dask, as many as it has workers"
    )

    translator: Literal["", "deepl", "libretranslate", "azure", "google"] = Field(
        default="", description="service for first drafts of translations; empty: none"
    )
    translator_api_base: str = Field(default="", description="its web address; in an exercise only one on this machine")
    translator_key: SecretStr = Field(default=SecretStr(""), description="your key there")
    translator_region: str = Field(default="", description="Azure only: the region of the resource")

    @field_validator("allowed_hosts", "guests", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return _listed(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one, strict=False)
            except ValueError as problem:
                msg = f"{one!r} is no IP address or network such as 10.0.0.0/8"
                raise ValueError(msg) from problem
        return value

    @field_validator("cap_sender")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if value and not CAP_SENDER.fullmatch(value):
            msg = "a CAP sender is a mail address or a domain, such as alerts@millford.example"
            raise ValueError(msg)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            msg = f"{value!r} is not an IANA time zone such as America/New_York"
            raise ValueError(msg) from problem
        return value

    @field_validator("translator_api_base")
    @classmethod
    def _web_address(cls, value: str) -> str:
        found = urlsplit(value)
        safe = found.scheme == "https" or (found.scheme == "http" and is_loopback(found.hostname or ""))
        if value and not (safe and found.hostname):
            msg = "a web address begins with https:// (or http:// on this machine)"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _many_machines_share_a_server(self) -> Self:
        if self.task_runner == "dask" and not self.database.startswith("postgresql"):
            msg = (
                "ONEVOICE_TASK_RUNNER=dask needs PostgreSQL (ONEVOICE_DATABASE_URL): each machine has files of its own."
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _exercise_drafts_inside(self) -> Self:
        host = urlsplit(self.translator_api_base).hostname or ""
        if self.mode is Mode.EXERCISE and host and not is_loopback(host):
            msg = f"ONEVOICE_TRANSLATOR_API_BASE points at {host}; in exercise mode it stays on this machine."
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _exercise_stays_inside(self) -> Self:
        if self.mode is not Mode.EXERCISE:
            return self
        for setting in ("twilio_api_base", "twilio2_api_base", "smtp_host", "mastodon_api_base", "bluesky_api_base"):
            self._inside(setting, str(getattr(self, setting)))
        return self

    def _inside(self, setting: str, value: str) -> None:
        host = urlsplit(value).hostname if "://" in value else value
        if not host or is_loopback(host) or (host in self.allowed_hosts and not _reaches_the_public(host)):
            return
        account = USED_WITH.get(setting)
        if account and not getattr(self, account):
            return
        msg = (
            f"ONEVOICE_{setting.upper()} points at {host}, which is not this machine. In exercise mode name a "
            "host on this machine or one in ONEVOICE_ALLOWED_HOSTS (never a provider's public host)."
        )
        raise ValueError(msg)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The deployment's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The database URL: the one that was set, or a SQLite file in `home`."""
        return self.database_url or f"sqlite:///{self.home / 'onevoice.db'}"

    @property
    def keys(self) -> Path:
        """Where the key file lies."""
        return self.key_file or self.home / "keys.json"

    @property
    def halt_file(self) -> Path:
        """The file whose existence stops all sending."""
        return self.home / "HALT"

    @property
    def content_root(self) -> Path:
        """The folder that holds templates/, locales/ and audiences/."""
        return self.content or Path(__file__).resolve().parent.parent


def load() -> Settings:
    """Read the settings.

    Raises:
        WrongSetting: names the setting, what is wrong with it, and what it takes.
    """
    try:
        return Settings()
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = "ONEVOICE_" + "_".join(str(p) for p in first["loc"]).upper() if first["loc"] else ""
        raise WrongSetting(first["msg"].removeprefix("Value error, "), where=where) from None
