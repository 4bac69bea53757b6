"""Draft translators: services that write a first draft of what nobody has translated yet.

One module for each service, each the few lines of its own wire shape. What they write is a machine draft, bears the
service's name and the day, and goes out in no real alert before a person has read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from onevoice.errors import WrongSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import SecretStr

    from onevoice.settings import Settings


class Translator(Protocol):
    """A service. `name` stands in the stamp of its drafts; `most`: how many sentences it takes at once."""

    name: str
    most: int

    def translate(self, sentences: Sequence[str], language: str) -> list[str]:
        """Drafts, one for each English sentence, in their order; slots are tags (`onevoice.translators.drafting.tags`).

        Raises:
            OutOfReach: the service does not answer, refuses, or answers something else than its shape.
            Unusable: the service does not know the language.
        """


def translator(settings: Settings) -> Translator:
    """The service that is set up.

    Raises:
        WrongSetting: none is, or it lacks something.
    """
    from onevoice.translators.drafting import azure, deepl, google, libretranslate  # noqa: PLC0415 - httpx is slow

    services: dict[str, Callable[[str, SecretStr, str], Translator]] = {
        "deepl": deepl.DeepL,
        "libretranslate": libretranslate.LibreTranslate,
        "azure": azure.Azure,
        "google": google.Google,
    }
    name = settings.translator
    if not name:
        remedy = f"Set it to one of: {', '.join(services)}."
        raise WrongSetting("No draft translator is set up.", where="ONEVOICE_TRANSLATOR", remedy=remedy)
    if not settings.translator_api_base:
        what = "The address of the draft translator is missing."
        raise WrongSetting(what, where="ONEVOICE_TRANSLATOR_API_BASE", remedy="See docs/translator.md.")
    return services[name](settings.translator_api_base, settings.translator_key, settings.translator_region)
