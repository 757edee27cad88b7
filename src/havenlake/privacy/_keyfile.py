"""Private files for key material: never overwritten by accident, never readable by other users."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from havenlake.errors import HavenlakeError


def read_private(path: Path) -> str:
    """Text of a private file; HL-KEY-001 when it is missing, unreadable or open to other users."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError:
        hint = "make one with `havenlake keys init`"
        raise HavenlakeError("HL-KEY-001", "keyring file is missing", where=str(path), hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise HavenlakeError("HL-KEY-001", f"cannot be read: {type(error).__name__}", where=str(path)) from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        hint = f"run: chmod 600 '{path}'"
        raise HavenlakeError("HL-KEY-001", "keyring file is open to other users", where=str(path), hint=hint)
    return text


def write_new(path: Path, text: str) -> None:
    """Write text to a file of mode 0600 that must not exist yet (HL-KEY-002)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together only one may believe that its keys were kept.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "keep it: without its keys the encrypted data is lost; `havenlake keys status` shows what it holds"
        raise HavenlakeError("HL-KEY-002", "keyring file exists and is kept", where=str(path), hint=hint) from None
    _fill(descriptor, text)


def replace_private(path: Path, text: str) -> None:
    """Put text in the place of a private file; whatever happens, the old or the new text is there, whole.

    HL-KEY-001 when the new text could not be made durable: the old file is then untouched.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        _fill(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), text)
        new.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HavenlakeError(
            "HL-KEY-001",
            f"cannot be replaced: {reason}",
            where=str(path),
            hint="the old keyring is still there; make room or mend the disk, then try again",
        ) from None
    finally:
        new.unlink(missing_ok=True)


def _fill(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; only POSIX has a way."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
