"""AWS KMS as the key service of wrapped keyrings: its key makes and opens data keys, and never leaves the region.

Throttling and a network that blinks are tried again a few times, by the client's own back-off; a refusal is not.
Nothing here keeps, shows or logs a data key.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.privacy.envelope import refused

ATTEMPTS = 4
CONNECT_SECONDS, READ_SECONDS = 5, 10
_WRONG = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})
_PASSING = frozenset(
    {
        "ThrottlingException",
        "RequestLimitExceeded",
        "KMSInternalException",
        "DependencyTimeoutException",
        "KeyUnavailableException",
        "ServiceUnavailable",
        "InternalFailure",
    }
)
_BODIES = "botocore.parsers"
"""The client's logger that writes answers, data keys in clear among them, when debugging is on."""


class KmsDataKeys:
    """Data keys of one KMS key, named by its ARN; credentials are found in AWS's usual places at the first call."""

    def __init__(self, arn: str) -> None:
        self.key_id = arn
        self._region = arn.split(":")[3]

    def __repr__(self) -> str:
        return f"KmsDataKeys({self.key_id!r})"

    def make(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """See `DataKeys.make`. HL-SEC-003 when KMS is out of reach, HL-SEC-004 when it refuses."""
        with self._told(), _silent_bodies():
            answer = self._client().generate_data_key(
                KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=dict(context)
            )
        return bytes(answer["Plaintext"]), bytes(answer["CiphertextBlob"])

    def open(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """See `DataKeys.open`. HL-SEC-003 when KMS is out of reach, HL-SEC-004 when it refuses."""
        with self._told(), _silent_bodies():
            answer = self._client().decrypt(KeyId=self.key_id, CiphertextBlob=wrapped, EncryptionContext=dict(context))
        return bytes(answer["Plaintext"])

    def _client(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            hint = "pip install 'havenlake[aws]'"
            raise HavenlakeError("HL-SEC-003", "boto3 is not installed", where=self.key_id, hint=hint) from None
        settings = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )
        return boto3.session.Session().client("kms", region_name=self._region, config=settings)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell the client's errors by code, without its words."""
        try:
            yield
        except HavenlakeError:
            raise
        except Exception as error:  # noqa: BLE001  the client is an extra: its classes may be absent
            raise self._coded(error) from None

    def _coded(self, error: Exception) -> HavenlakeError:
        answer = getattr(error, "response", None)
        kind = str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else type(error).__name__
        if kind in _WRONG:
            return refused(f"was not wrapped by {self.key_id} for this zone")
        if kind in ("NoCredentialsError", "PartialCredentialsError"):
            return self._denied("no AWS credentials were found here")
        if isinstance(answer, dict) and kind not in _PASSING:
            return self._denied(f"KMS answered {kind}")
        return HavenlakeError(
            "HL-SEC-003",
            f"KMS could not be reached in {ATTEMPTS} attempts ({kind})",
            where=self.key_id,
            hint=f"check the network and the service in {self._region}, then run again",
        )

    def _denied(self, what: str) -> HavenlakeError:
        hint = "the role needs kms:Decrypt and kms:GenerateDataKey on this key, which must exist and be enabled"
        return HavenlakeError("HL-SEC-004", what, where=self.key_id, hint=hint)


@contextmanager
def _silent_bodies() -> Iterator[None]:
    logger = logging.getLogger(_BODIES)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
