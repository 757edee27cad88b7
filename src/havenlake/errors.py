"""Coded errors. Every error a user can meet has a code, says where, and says what to do.

`CODES` is the registry: a code not listed here cannot be raised, and a test asserts that each listed
code has its runbook paragraph in `docs/reference/errors.md`.
Messages never hold row data: they reach logs, the ledger and notifications.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CODES: dict[str, str] = {
    # configuration
    "HL-CFG-001": "file is not readable YAML",
    "HL-CFG-002": "key is written twice in one mapping",
    "HL-CFG-003": "key is not known here",
    "HL-CFG-004": "value has the wrong type or form",
    "HL-CFG-005": "required key is missing",
    "HL-CFG-006": "anchor is not defined",
    "HL-CFG-007": "document expands beyond its limits",
    "HL-CFG-008": "file or folder named by the configuration is missing",
    "HL-CFG-009": "table has no data asset",
    "HL-CFG-010": "column stands under two contradicting keys",
    "HL-CFG-011": "reference names something that does not exist",
    "HL-CFG-012": "app_name names no registered application",
    "HL-CFG-013": "workspace contradicts its residency zone",
    "HL-CFG-014": "workspace is not known",
    "HL-CFG-015": "configuration does not say which workspace it belongs to",
    "HL-CFG-016": "place is not declared in any residency zone",
    "HL-CFG-017": "configuration format is not supported by this release",
    # secrets and keys
    "HL-SEC-001": "secret is missing",
    "HL-SEC-002": "secret store cannot be reached",
    "HL-SEC-003": "key management service cannot be reached",
    "HL-SEC-004": "key management service refuses the key",
    "HL-KEY-001": "keyring cannot be read",
    "HL-KEY-002": "keyring exists already",
    "HL-KEY-003": "value is encrypted under an unknown key id",
    "HL-KEY-004": "value cannot be opened: wrong key, or moved to another row, column or zone",
    "HL-KEY-005": "keyring belongs to another zone",
    "HL-KEY-006": "type cannot be encrypted without loss",
    "HL-KEY-007": "original type of an encrypted value is unknown or another one",
    "HL-KEY-008": "wrapped keyring does not open",
    "HL-KEY-009": "key is still needed",
    # scrubbing
    "HL-SCR-001": "scrubbing policy hashes, and there is no key",
    "HL-SCR-002": "model of the scrubber is missing or is another one",
    "HL-SCR-010": "scrubber does not work where texts are scrubbed",
    "HL-SCR-011": "scrubber misses canaries",
    # sources
    "HL-SRC-001": "source folder is missing",
    "HL-SRC-002": "source file cannot be read",
    "HL-SRC-003": "export is incomplete",
    "HL-SRC-004": "source changed while it was read",
    "HL-SRC-005": "source format cannot be told",
    "HL-SRC-006": "source column name is reserved or ambiguous",
    "HL-SRC-007": "source type cannot be carried without loss",
    "HL-SRC-008": "landing data is not marked synthetic",
    # first drafts of assets
    "HL-SUG-001": "no data asset can be proposed",
    "HL-SUG-002": "file would be overwritten",
    "HL-SUG-003": "database cannot be looked at",
    # databases
    "HL-JDB-001": "database cannot be reached",
    "HL-JDB-002": "database refused the login",
    "HL-JDB-003": "table is missing in the database",
    "HL-JDB-004": "reading a table is not allowed",
    "HL-JDB-005": "database has no connection left",
    "HL-JDB-006": "statement took longer than allowed",
    "HL-JDB-007": "snapshot cannot be taken or shared",
    "HL-JDB-008": "snapshot was lost while it was read",
    "HL-JDB-009": "value cannot be carried in its column's type",
    "HL-JDB-010": "database refused for a reason not known here",
    # tables
    "HL-TBL-001": "identity column is missing from the source",
    "HL-TBL-002": "snapshot is empty or shrank sharply",
    "HL-TBL-003": "column type changed and cannot be carried over",
    "HL-TBL-004": "declared column is missing from the source",
    "HL-TBL-005": "bronze table does not exist yet",
    "HL-TBL-006": "table was written by an incompatible release or hash scheme",
    "HL-TBL-007": "column name cannot be stored in Delta",
    "HL-TBL-008": "schema of the source drifted and the asset does not let it in",
    "HL-TBL-009": "another writer's commits came first",
    # runs
    "HL-RUN-001": "one or more tables failed",
    "HL-RUN-002": "table is held by another run",
    "HL-RUN-003": "run to resume is not known",
    "HL-RUN-004": "table is not part of the job",
    "HL-RUN-005": "job is not known in this workspace",
    "HL-RUN-006": "lease was lost to another run",
    "HL-RUN-007": "ledger does not know the table",
    "HL-RUN-010": "version that a run left is gone",
    "HL-RUN-011": "deployed job cannot be started",
    "HL-RUN-012": "job does not scrub",
    "HL-RUN-900": "unexpected failure inside the engine",
    # residency
    "HL-RES-001": "rows would leave their residency zone",
    "HL-RES-002": "key lies outside its residency zone",
    "HL-RES-003": "too many rows belong to another country",
    "HL-RES-004": "country of a row cannot be read",
    "HL-RES-005": "session runs outside its residency zone",
    "HL-RES-006": "audit found what does not belong here",
    # monitoring
    "HL-MON-001": "telemetry was not delivered",
    "HL-MON-002": "sink of telemetry cannot be used",
    # deployment
    "HL-DEP-001": "job cannot be deployed as it is written",
    "HL-DEP-002": "workspace is not deployed",
    "HL-DEP-003": "rendered file is stale",
    "HL-DEP-004": "monitor breaks the contract of metrics and logs",
    "HL-DEP-005": "monitor names a table that does not exist",
    "HL-DEP-006": "instance exists already",
    "HL-DEP-007": "instance cannot be made of these facts",
    "HL-DEP-008": "file was not uploaded",
    # environment
    "HL-ENV-001": "Java 17 or newer is missing",
    "HL-ENV-002": "Spark or Delta is missing or has an unsupported version",
    "HL-ENV-003": "jars are missing or damaged",
    "HL-ENV-004": "tool or folder needed here is missing",
    "HL-ENV-005": "tool for infrastructure is missing",
    "HL-ENV-006": "tool for infrastructure has an unsupported version",
    "HL-ENV-007": "tool for infrastructure cannot be built",
}


def runbook(code: str) -> str:
    """Where the paragraph about a code stands, relative to the repository; empty for a code of another release.

    >>> runbook("HL-RES-001")
    'docs/reference/errors.md#hl-res-001-rows-would-leave-their-residency-zone'
    """
    if code not in CODES:
        return ""
    words = re.sub(r"[^a-z0-9 _-]", "", f"{code}: {CODES[code]}".lower())
    return f"docs/reference/errors.md#{words.replace(' ', '-')}"


@dataclass(frozen=True, order=True)
class Position:
    """A place in a configuration file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class HavenlakeError(Exception):
    """Root of all errors: `code` from `CODES`, `message` without row data, `where`, and `hint` on what to do."""

    source_schema: str = ""
    """Schema of the source as JSON where the error is about it, so that the ledger can tell since when."""

    def __init__(
        self, code: str, message: str, *, where: Position | str | None = None, hint: str | None = None
    ) -> None:
        if code not in CODES:
            raise KeyError(f"{code} is not a registered error code")
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.where = where
        self.hint = hint

    @property
    def title(self) -> str:
        """What the code means in general."""
        return CODES[self.code]

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{where}{self.code} {self.message}{hint}"


class ConfigErrors(HavenlakeError):  # noqa: N818  it carries many
    """All errors of all configuration files of one load, sorted by position."""

    def __init__(self, errors: tuple[HavenlakeError, ...]) -> None:
        first = errors[0]
        super().__init__(first.code, f"{len(errors)} configuration error(s)", where=first.where, hint=first.hint)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(e) for e in self.errors)
