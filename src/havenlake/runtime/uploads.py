"""Uploads to a Databricks workspace: the copy of configuration and notebooks, and a released wheel."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from havenlake.errors import HavenlakeError

T = TypeVar("T")


def workspace_client(host: str) -> Any:
    """A client of the workspace at this address, whatever a profile of the machine says; HL-ENV-004, HL-DEP-008."""
    try:
        from databricks.sdk import WorkspaceClient
    except ImportError:
        hint = "pip install 'havenlake[databricks]'"
        raise HavenlakeError("HL-ENV-004", "Python package databricks-sdk is missing", hint=hint) from None
    try:
        return WorkspaceClient(host=host)
    except ValueError as error:  # its text lists the settings it found
        raise _refused(host, error) from None


def upload_copy(root: Path, files: Iterable[str], target: str, client: Any) -> int:
    """Upload files of a repository below a workspace folder; notebooks become notebooks. The number of files.

    `client` is a `WorkspaceClient` of databricks-sdk. Raises HL-DEP-008 when the workspace does not take one.
    """
    from databricks.sdk.service.workspace import ImportFormat

    paths = {f"{target}/{file}": root / file for file in files}
    for folder in sorted({path.rpartition("/")[0] for path in paths}):
        _asked(folder, partial(client.workspace.mkdirs, folder))
    for path, file in paths.items():
        content = io.BytesIO(file.read_bytes())
        _asked(path, partial(client.workspace.upload, path, content, format=ImportFormat.AUTO, overwrite=True))
    return len(paths)


def upload_wheel(wheel: Path, target: str, client: Any) -> bool:
    """Upload a wheel to a Volume, unless it is there; False then. HL-DEP-008 when another one has its name."""
    size = _size(target, client)
    if size is None:
        _asked(target, partial(client.files.upload, target, io.BytesIO(wheel.read_bytes()), overwrite=False))
        return True
    if size != wheel.stat().st_size:
        message = f"'{target}' is there with another content"
        raise HavenlakeError("HL-DEP-008", message, hint="a release never changes: publish another version")
    return False


def _size(target: str, client: Any) -> int | None:
    from databricks.sdk.errors import NotFound

    try:
        return int(client.files.get_metadata(target).content_length or 0)
    except NotFound:
        return None
    except Exception as error:  # noqa: BLE001  whatever the client raises
        raise _refused(target, error) from None


def _asked(path: str, call: Callable[[], T]) -> T:
    """What the workspace answers; the text of a refusal may hold an address or a token, so only its kind is told."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever the client raises
        raise _refused(path, error) from None


def _refused(path: str, error: Exception) -> HavenlakeError:
    hint = "check the login, that the folder or Volume is there, and that you may write to it"
    return HavenlakeError("HL-DEP-008", f"'{path}' was not uploaded: {type(error).__name__}", hint=hint)
