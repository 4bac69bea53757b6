"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from onevoice.whole import write


def test_a_file_is_there_with_its_folder(tmp_path: Path) -> None:
    """Also in place of another, for whom the usual mask lets read."""
    file = tmp_path / "new" / "file"
    for words in (b"one", b"another, and longer"):
        assert write(file, words) == file
        assert file.read_bytes() == words
    assert list(file.parent.iterdir()) == [file]
    (tmp_path / "usual").write_bytes(b"")
    assert file.stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_who_may_read_it_is_said(tmp_path: Path, mode: int) -> None:
    """Exactly, whatever the mask."""
    assert write(tmp_path / "file", b"words", mode).stat().st_mode & 0o777 == mode


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full just before the new file takes the place of the old one."""
    file = write(tmp_path / "file", b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
