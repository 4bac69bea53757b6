"""How a language speaks: its catalogue of approved sentences, and its voice for times, lists, numbers and names."""

from onevoice.localize.catalogue import Catalogue, Said, catalogue
from onevoice.localize.language import ENGLISH, Language, language, languages, spelled, spellings
from onevoice.localize.voice import Voice, voice

__all__ = [
    "ENGLISH", "Catalogue", "Language", "Said", "Voice", "catalogue", "language", "languages", "spelled", "spellings",
    "voice",
]  # fmt: skip
