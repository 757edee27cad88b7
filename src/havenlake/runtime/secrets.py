"""Secret stores behind the `SecretResolver` protocol: environment, folder, Databricks.

No exception and no `repr` here ever holds the text of a secret; causes that might are cut off.
"""

from __future__ import annotations

import base64
import binascii
import functools
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.records import SecretResolver

_NOT_ALNUM = re.compile(r"[^A-Z0-9]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "does not exist", "NoSuchElementException")


def environment_name(scope: str, key: str) -> str:
    """The environment variable of a secret.

    >>> environment_name("ctl-dev", "datadog.api_key")
    'HAVENLAKE_SECRET_CTL_DEV_DATADOG_API_KEY'
    """
    return "HAVENLAKE_SECRET_" + "_".join(_NOT_ALNUM.sub("_", part.upper()) for part in (scope, key))


@dataclass(frozen=True)
class EnvironmentSecrets:
    """Secrets in environment variables, for development and CI."""

    def get(self, scope: str, key: str) -> str:
        """The variable's value; raises HL-SEC-001 when it is not set."""
        name = environment_name(scope, key)
        value = os.environ.get(name)
        if value is None:
            raise _missing(scope, key, hint=f"set the environment variable {name}")
        return value


@dataclass(frozen=True)
class FileSecrets:
    """Secrets as files `<folder>/<scope>/<key>`, for development; a file that others may read is refused."""

    folder: Path

    def get(self, scope: str, key: str) -> str:
        """The file's text without a final line break; raises HL-SEC-001 or HL-SEC-002."""
        file = self._file(scope, key)
        try:
            if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise _unreachable(scope, key, "its file may be read by others", hint=f"chmod 600 {file}")
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise _missing(scope, key, hint=f"write it to {file} (mode 600)") from None
        except UnicodeDecodeError:
            raise _unreachable(scope, key, "its file is not UTF-8 text") from None
        except OSError as error:
            raise _unreachable(scope, key, f"its file cannot be read ({error.strerror})") from None
        return text.removesuffix("\n").removesuffix("\r")

    def _file(self, scope: str, key: str) -> Path:
        for part in (scope, key):
            if not _PLAIN_NAME.fullmatch(part) or set(part) == {"."}:
                raise _missing(scope, key, hint="a scope or key is made of letters, digits, '.', '_' and '-'")
        return self.folder / scope / key


class DatabricksSecrets:
    """Secrets of Databricks scopes, by a notebook's `dbutils`, else by the SDK with its usual authentication."""

    def __init__(self, dbutils: Any = None, client: Callable[[], Any] | None = None) -> None:
        self._dbutils = dbutils
        self._client = functools.cache(client or _workspace_client)  # made at the first use

    def __repr__(self) -> str:
        return f"DatabricksSecrets({'dbutils' if self._dbutils is not None else 'sdk'})"

    def get(self, scope: str, key: str) -> str:
        """The secret's text; raises HL-SEC-001 when it does not exist, HL-SEC-002 for everything else."""
        try:
            return self._from_dbutils(scope, key) if self._dbutils is not None else self._from_sdk(scope, key)
        except HavenlakeError:
            raise
        except (binascii.Error, UnicodeDecodeError):
            raise _unreachable(scope, key, "its value is not UTF-8 text") from None
        except Exception as error:  # noqa: BLE001 - whatever the store's client raises; its text may hold the secret
            raise _mapped(scope, key, error) from None

    def put(self, scope: str, key: str, text: str) -> None:
        """Store a secret by the SDK, over one that is there; HL-SEC-002 when that is not possible."""
        try:
            self._client().secrets.put_secret(scope, key, string_value=text)
        except HavenlakeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the client raises; its text may hold the secret
            hint = f"it takes WRITE on scope {scope}; what was stored before is still there"
            raise _unreachable(scope, key, f"it cannot be written ({type(error).__name__})", hint=hint) from None

    def _from_dbutils(self, scope: str, key: str) -> str:
        return str(self._dbutils.secrets.get(scope=scope, key=key))

    def _from_sdk(self, scope: str, key: str) -> str:
        value = self._client().secrets.get_secret(scope, key).value
        return base64.b64decode(value or "", validate=True).decode("utf-8")


def resolver_for(*, databricks: bool, dbutils: Any = None, folder: Path | None = None) -> SecretResolver:
    """The store to use: Databricks there, else a folder when one is given, else the environment."""
    if databricks:
        return DatabricksSecrets(dbutils)
    return FileSecrets(folder) if folder else EnvironmentSecrets()


def notebook_utilities() -> Any:
    """Databricks' `dbutils` of the running cluster; None where the runtime does not bring them."""
    try:
        from databricks.sdk.runtime import dbutils
    except ImportError:
        return None
    return dbutils


def _workspace_client() -> Any:
    try:
        from databricks.sdk import WorkspaceClient
    except ImportError:
        hint = "pip install 'havenlake[databricks]'"
        raise HavenlakeError("HL-SEC-002", "databricks-sdk is not installed", hint=hint) from None
    return WorkspaceClient()


def _mapped(scope: str, key: str, error: Exception) -> HavenlakeError:
    """Tell "not there" from "not allowed" and "out of reach" without repeating the store's words."""
    kind = type(error).__name__
    if kind in ("NotFound", "ResourceDoesNotExist") or any(word in str(error) for word in _ABSENT):
        return _missing(scope, key, hint=f"databricks secrets put-secret {scope} {key}")
    if kind in ("PermissionDenied", "Unauthenticated") or "PERMISSION_DENIED" in str(error):
        return _unreachable(scope, key, "reading it is not allowed", hint=f"grant READ on scope {scope}")
    return _unreachable(scope, key, f"the store answered {kind}", hint="check the workspace's address and the network")


def _missing(scope: str, key: str, *, hint: str) -> HavenlakeError:
    return HavenlakeError("HL-SEC-001", f"secret {scope}/{key} is missing", hint=hint)


def _unreachable(scope: str, key: str, reason: str, *, hint: str | None = None) -> HavenlakeError:
    return HavenlakeError("HL-SEC-002", f"secret {scope}/{key}: {reason}", hint=hint)
