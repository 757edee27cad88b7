"""Where a workspace's keyring lies, how it is opened there, and how a new one takes its place.

| workspace | place |
|---|---|
| local, or under `--local` | `<warehouse>/keyring.json`, readable by its owner only |
| `keyring: {scope, key}` | a secret |
| `keyring: {scope, key, kms_key}`, `keyring: {file, kms_key}` | the same secret, or a file, wrapped by KMS |
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.privacy import KEYRING_FILE, Keyring
from havenlake.privacy._keyfile import replace_private, write_new
from havenlake.privacy.envelope import is_wrapped, unwrap, wrap
from havenlake.runtime.kms import KmsDataKeys
from havenlake.runtime.locks import FileLock
from havenlake.runtime.secrets import DatabricksSecrets

if TYPE_CHECKING:
    from havenlake.config.workspace import KeyringRef, Workspace
    from havenlake.records import SecretResolver


@dataclass(frozen=True)
class KeyringPlace:
    """The keyring of one workspace; `secrets` is asked only where a secret holds it."""

    facts: Workspace
    root: Path
    warehouse: Path | None
    secrets: SecretResolver

    @property
    def local_file(self) -> Path | None:
        """The unwrapped file of a local warehouse."""
        return self.warehouse / KEYRING_FILE if self.warehouse else None

    @property
    def wrapped_file(self) -> Path | None:
        """The declared file of a wrapped keyring."""
        declared = None if self.warehouse else self.reference.file
        return self.root / declared if declared else None

    @property
    def reference(self) -> KeyringRef:
        """What the workspace declares; HL-KEY-001 when it declares none."""
        if self.facts.keyring is None:
            message = f"workspace '{self.facts.name}' declares no keyring"
            hint = "set `keyring: {scope, key}` in its workspace-vars.yaml; an instance that ingests nothing needs none"
            raise HavenlakeError("HL-KEY-001", message, hint=hint)
        return self.facts.keyring

    def open(self) -> Keyring:
        """The keyring, opened by its key service where it is wrapped, and checked against the zone (HL-KEY-005)."""
        if self.local_file is not None:
            return Keyring.load_file(self.local_file, self.facts.zone)
        return Keyring.from_json(self._unwrapped(self._stored()), self.facts.zone)

    def text(self, ring: Keyring) -> str:
        """What is to be stored: the document, wrapped where the workspace names a key service."""
        ring.check_zone(self.facts.zone)
        keys = None if self.warehouse else _keys(self.reference)
        return ring.to_json() if keys is None else wrap(ring.to_json(), self.facts.zone, keys)

    def replace(self, ring: Keyring, opened: Keyring) -> None:
        """Put `ring` in the place of the keyring that was `opened`, and read it back from there.

        HL-KEY-001 when somebody else changed it meanwhile or it was not kept: nothing may then be written under it.
        """
        with self._lock():
            if self.open().to_json() != opened.to_json():
                raise HavenlakeError(
                    "HL-KEY-001", "the keyring was changed meanwhile", hint="look at `havenlake keys status`, try again"
                )
            self._put(ring)
            if self.open().to_json() != ring.to_json():
                raise HavenlakeError(
                    "HL-KEY-001", "the store gives back another keyring", hint="look at `havenlake keys status`"
                )

    def create(self, ring: Keyring, file: Path) -> None:
        """Write the stored form to a new private file (HL-KEY-002 when it exists)."""
        write_new(file, self.text(ring))

    def _put(self, ring: Keyring) -> None:
        if self.local_file is not None:
            ring.replace_file(self.local_file)
        elif self.wrapped_file is not None:
            replace_private(self.wrapped_file, self.text(ring))
        elif isinstance(self.secrets, DatabricksSecrets):
            self.secrets.put(str(self.reference.scope), str(self.reference.key), self.text(ring))
        else:
            hint = "write it to a file with --out FILE, and store it from there"
            raise HavenlakeError("HL-KEY-001", "this secret store cannot be written from here", hint=hint)

    def _stored(self) -> str:
        file = self.wrapped_file
        if file is None:
            return self.secrets.get(str(self.reference.scope), str(self.reference.key))
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            hint = "make it with `havenlake keys init`"
            raise HavenlakeError("HL-KEY-001", "keyring file is missing", where=str(file), hint=hint) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__
            raise HavenlakeError("HL-KEY-001", f"cannot be read: {reason}", where=str(file)) from None

    def _unwrapped(self, text: str) -> str:
        keys = _keys(self.reference)
        if keys is not None:
            return unwrap(text, self.facts.zone, keys)
        if is_wrapped(text):
            hint = "name the `kms_key` beside scope and key"
            raise HavenlakeError("HL-KEY-001", "keyring document is wrapped by a key service", hint=hint)
        return text

    def _lock(self) -> AbstractContextManager[object]:
        """One change at a time on this machine; a secret store has no lock to offer."""
        file = self.local_file or self.wrapped_file
        return FileLock(file.with_name(f".{file.name}.lock")) if file else nullcontext()


def _keys(reference: KeyringRef) -> KmsDataKeys | None:
    return KmsDataKeys(reference.kms_key) if reference.kms_key else None
