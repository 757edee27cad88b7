"""Texts of a new instance's files; comments of the instance it is made from are kept where they still hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from havenlake.config import WorkspaceConfig
from havenlake.config.nodes import Document, KeyPath
from havenlake.deploy.jobs import deployment_of

if TYPE_CHECKING:
    from havenlake.deploy.instance import Wanted

_LAYERS = ("bronze", "silver", "gold", "operations")


def catalogs_of(name: str) -> dict[str, str]:
    """Catalogs of an instance by layer.

    >>> catalogs_of("tai-prod")["bronze"]
    'tai_prod_bronze'
    """
    return {layer: f"{name.replace('-', '_')}_{layer}" for layer in _LAYERS}


def vars_text(wanted: Wanted, like: WorkspaceConfig, zone: str, region: str, site: str | None) -> str:
    """`workspace-vars.yaml`: facts of its own, and the release of the instance it is made from."""
    name = wanted.name
    languages = ", ".join(f'"{code}"' if code == "no" else code for code in wanted.languages or like.vars.languages)
    country = wanted.country.upper()
    lines = [
        "# yaml-language-server: $schema=../../schemas/workspace.schema.json",
        "#",
        f"# The service in {country}. Its rows stay in zone {zone}.",
        "format: 1",
        f"name: {name}",
        f"environment: {wanted.environment}",
        f'country: "{country}"' if country == "NO" else f"country: {country}",
        f"zone: {zone}",
        f"region: {region}",
        f"languages: [{languages}]",
        *(["synthetic_only: true"] if wanted.environment == "dev" else []),
        "",
        "catalogs:",
        *(f"  {layer}: {catalog}" for layer, catalog in catalogs_of(name).items()),
        "",
        f'landing: ["s3://{name}-landing"]',
        f'staging: "s3://{name}-staging/havenlake" # ciphertext only',
        f"keyring: {{scope: {name}-keys, key: keyring}}",
        f"secret_scopes: [{name}-keys, {name}-datadog]",
        *([f"monitoring: {{datadog_site: {site}}}"] if site else []),
        "",
        "deployment:",
        f"  release: {deployment_of(like).release} # the wheel this instance runs; raised here, instance by instance",
        f"  host: {wanted.host or f'https://{name}.databricks.example'}",
        f'  workspace_id: "{wanted.workspace_id}"',
        f'  aws_account: "{wanted.aws_account}"',
        f"  owner: {wanted.owner}",
        f'  storage: "s3://{name}-lake"',
        *_features(site),
    ]
    return "\n".join(lines) + "\n"


def _features(site: str | None) -> list[str]:
    """What is off at first: schedules, and monitors where no site may be used from the zone."""
    if site is not None:
        return ["  features: {schedules: false} # until a first run by hand has gone well"]
    return [
        "  features:",
        "    schedules: false # until a first run by hand has gone well",
        "    monitors: false # until a Datadog site may be used from this zone",
    ]


def jobs_text(wanted: Wanted, like: WorkspaceConfig) -> str:
    """The jobs of the other instance, under this one's names, team and time zone."""
    text = _renamed((like.root / like.jobs_file).read_text(encoding="utf-8"), wanted, like)
    text = _head(text, f"# Jobs of {wanted.name}.")
    text = re.sub(r"^( +env:) .*$", rf"\1 {wanted.environment}", text, flags=re.MULTILINE)
    text = re.sub(r"^( +team:) .*$", rf"\1 {wanted.owner.partition('@')[0]}", text, flags=re.MULTILINE)
    if wanted.timezone:
        text = re.sub(r"^( +timezone:) .*$", rf"\1 {wanted.timezone}", text, flags=re.MULTILINE)
    return text


def asset_text(wanted: Wanted, like: WorkspaceConfig, path: str) -> str:
    """An asset file of the other instance, owned by this one's owner."""
    text = _renamed((like.root / path).read_text(encoding="utf-8"), wanted, like)
    text = re.sub(r"^( +owner:) .*$", rf"\1 {wanted.owner}", text, flags=re.MULTILINE)
    return _head(text, f"# Tables of {wanted.name}.")


def with_places(text: str, document: Document, zone: str, places: list[tuple[str, str | None]]) -> str:
    """The zones file with places for rows added to a zone; the rest, comments included, is left as it is."""
    lines = text.splitlines(keepends=True)
    path: KeyPath = ("zones", zone)
    listed = [key for key in document.positions if key[:3] == (*path, "places") and len(key) == 4]
    last = max(spot.value.line for key, spot in document.positions.items() if key[: len(path)] == path)
    if listed:
        inside = [spot.value.line for key, spot in document.positions.items() if key[:4] == listed[-1]]
        last, indent = max(inside), " " * (len(lines[max(inside) - 1]) - len(lines[max(inside) - 1].lstrip()))
        new = []
    else:
        column = document.key_position((*path, "regions")).column - 1
        indent, new = " " * (column + 2), [" " * column + "places:\n"]
    for place, region in places:
        new.append(f'{indent}- {{place: "{place}", holds: rows{f", region: {region}" if region else ""}}}\n')
    return "".join([*lines[:last], *new, *lines[last:]])


def _renamed(text: str, wanted: Wanted, like: WorkspaceConfig) -> str:
    """The other instance's name replaced, with hyphens and with underscores, and nothing that only contains it."""
    for old, new in ((like.vars.name, wanted.name), (like.vars.name.replace("-", "_"), wanted.name.replace("-", "_"))):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", new, text)
    return text


def _head(text: str, line: str) -> str:
    """The text with the first sentence after the line for editors replaced: it tells of the other instance."""
    return re.sub(r"\A((?:# yaml-language-server:.*\n)?#\n)# .*\n", rf"\1{line}\n", text)
