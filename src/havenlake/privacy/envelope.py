"""A keyring document wrapped by a key that never leaves its key service: safe to lie in a file or a backup.

```json
{"format": 1, "wrapped_by": "arn:aws:kms:us-east-1:…:key/…", "zone": "us",
 "data_key": "<wrapped by the service, base64>", "nonce": "<12 bytes>", "document": "<AES-256-GCM, base64>"}
```

The service wraps a fresh data key under a context of zone and purpose, and opens it under the same context only. The
document is sealed with that data key and bound to zone, purpose and the service's key.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

from havenlake.errors import HavenlakeError
from havenlake.privacy.binding import netstring

FORMAT = 1
PURPOSE = "keyring"
_NONCE = 12
_PARTS = ("data_key", "nonce", "document")

Context = Mapping[str, str]


class DataKeys(Protocol):
    """A key service: makes data keys and opens the ones it made, under the same context only."""

    key_id: str

    def make(self, context: Context) -> tuple[bytes, bytes]:
        """A fresh 32-byte data key, in clear and wrapped."""

    def open(self, wrapped: bytes, context: Context) -> bytes:
        """The data key in clear; HL-KEY-008 for another key or context."""


def context_of(zone: str) -> dict[str, str]:
    """What a data key is bound to; policies of the service may name it."""
    return {"havenlake:zone": zone, "havenlake:purpose": PURPOSE}


def wrap(document: str, zone: str, keys: DataKeys) -> str:
    """The document under a fresh data key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    clear, wrapped = keys.make(context_of(zone))
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(clear).encrypt(nonce, document.encode(), _bound_to(zone, keys.key_id))
    parts = {name: base64.b64encode(part).decode() for name, part in zip(_PARTS, (wrapped, nonce, sealed), strict=True)}
    return json.dumps({"format": FORMAT, "wrapped_by": keys.key_id, "zone": zone, **parts}, indent=2) + "\n"


def unwrap(text: str, zone: str, keys: DataKeys) -> str:
    """The document inside; HL-KEY-008 for one that is not wrapped, altered, or wrapped by another key or for a zone."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    envelope = _read(text)
    if envelope.get("wrapped_by") != keys.key_id:
        raise refused(f"is wrapped by another key than {keys.key_id}")
    if envelope.get("zone") != zone:
        raise refused(f"is wrapped for another zone than '{zone}'")
    wrapped, nonce, sealed = (_bytes(envelope.get(name), name) for name in _PARTS)
    try:
        clear = AESGCM(keys.open(wrapped, context_of(zone))).decrypt(nonce, sealed, _bound_to(zone, keys.key_id))
    except (InvalidTag, ValueError):
        raise refused("was altered") from None
    return clear.decode()


def is_wrapped(text: str) -> bool:
    """Whether a text is an envelope and no plain document."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "wrapped_by" in found


def refused(what: str) -> HavenlakeError:
    """HL-KEY-008: `what` says why, never what is inside."""
    hint = "check `kms_key` of the workspace, and that this is the document `havenlake keys` wrote for it"
    return HavenlakeError("HL-KEY-008", f"the keyring document {what}", hint=hint)


def _read(text: str) -> dict[str, Any]:
    if not is_wrapped(text):
        raise refused("is not wrapped, though the workspace names a KMS key")
    envelope: dict[str, Any] = json.loads(text)
    if envelope.get("format") != FORMAT:
        raise refused(f"does not have envelope format {FORMAT}")
    return envelope


def _bytes(value: Any, name: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise refused(f"has no base64 under '{name}'") from None


def _bound_to(zone: str, key_id: str) -> bytes:
    return netstring(zone) + netstring(PURPOSE) + netstring(key_id)
