"""Reads provider schemas back out of the published TypeScript bindings.

The bindings (npm packages `@cdktf/provider-*`, licence MPL-2.0) were generated from the providers' own schemas: each
compiled file carries its source, with computed, optional and required as comments. Nothing of them is kept in the
repository; the schemas are derived when the tools are built.
"""

from __future__ import annotations

import base64
import json
import re
import tarfile
from pathlib import Path
from typing import Any

Tree = dict[str, Any]
# The package of AWS holds 1,500 resources; the rest of its schema would only cost time.
NEEDED_OF_AWS = frozenset(
    {
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_kms_alias",
        "aws_kms_key",
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_replication_configuration",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
    }
)

_SOURCE = re.compile(r"sourceMappingURL=data:application/json;base64,(\S+)")
_FLAGS = re.compile(r"^  // (\w+) - computed: (\w+), optional: (\w+), required: (\w+)$", re.MULTILINE)
_CLASS = re.compile(r"^export class (\w+) ", re.MULTILINE)
_INTERFACE = re.compile(r"^export interface (\w+)[^\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"\* \w+ block\n(?:(?!\*/).)*?\*/\n  readonly (\w+)", re.DOTALL)
_WRITER = re.compile(r"^export function (\w+)ToHclTerraform\([^\n]*\n(.*?)^}", re.MULTILINE | re.DOTALL)
_WRITTEN = re.compile(r'^ {4,6}(\w+): \{\n.*?type: "(\w+)",\n\s+storageClassType: "(\w+)"', re.MULTILINE | re.DOTALL)
_INNER = re.compile(r"private _\w+ = new (\w+?)(List|Map|OutputReference)\(")
_GETTER = re.compile(r"this\.get(\w*?)Attribute\(")
_SCALARS = {"string": "string", "number": "number", "boolean": "bool", "any": "string"}
_RESOURCE = re.compile(r'tfResourceType = "(\w+)"')


def derive(package: Path, provider: str, resources: frozenset[str] | None = None) -> Tree:
    """The schema of a provider, or of these resources of it, from a package of bindings."""
    sources = _sources(package, provider, resources)
    out: Tree = {"provider": {"block": _provider(sources.pop("provider"))}, "resource_schemas": {}}
    for folder in sorted(sources):
        found = Bindings(sources[folder]).resource()
        if found:
            out["resource_schemas"][found[0]] = {"version": 0, "block": found[1]}
    return out


def _sources(package: Path, provider: str, resources: frozenset[str] | None) -> dict[str, str]:
    """TypeScript by folder of the package, its parts in order."""
    parts: dict[str, list[tuple[str, str]]] = {}
    with tarfile.open(package) as archive:
        for member in archive:
            path = member.name.split("/")
            if not member.name.endswith(".js") or path[1:2] != ["lib"] or len(path) < 4 or path[2].startswith("data-"):
                continue
            name = f"{provider}_{path[2].replace('-', '_')}"
            if path[2] != "provider" and resources is not None and name not in resources:
                continue
            found = _SOURCE.search(archive.extractfile(member).read().decode())  # type: ignore[union-attr]  # a file
            if found:
                text = json.loads(base64.b64decode(found[1]))["sourcesContent"][0]
                order = "~" if len(path) == 4 else path[-1]  # structs first, then the resource
                parts.setdefault(path[2], []).append((order, text))
    return {folder: "\n".join(text for _, text in sorted(pieces)) for folder, pieces in parts.items()}


def _provider(source: str) -> Tree:
    bindings = Bindings(source)
    name = next(name for name in bindings.classes if name.endswith("Provider"))
    block = bindings.block(name, f"{name}Config", "")
    del block["attributes"]["alias"]  # the tool's own
    return block


class Bindings:
    """One resource's source: its classes, how each attribute is written, and what is a block."""

    def __init__(self, source: str) -> None:
        pieces = _CLASS.split(source)
        self.classes = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        self.blocks = {name: set(_BLOCK.findall(body)) for name, body in _INTERFACE.findall(source)}
        written = [(name.lower(), body) for name, body in _WRITER.findall(source)]
        written.append(("", source.partition("synthesizeHclAttributes")[2]))
        self.written = {key: {name: tuple(kind) for name, *kind in _WRITTEN.findall(body)} for key, body in written}

    def resource(self) -> tuple[str, Tree] | None:
        """Type and block of the resource in this source; None when it holds none."""
        for name, body in self.classes.items():
            found = _RESOURCE.search(body)
            if found and body.startswith("extends cdktf.TerraformResource"):
                return found[1], self.block(name, f"{name}Config", "")
        return None

    def block(self, cls: str, interface: str, key: str) -> Tree:
        """Attributes and nested blocks of one class."""
        out: Tree = {"attributes": {}, "block_types": {}}
        body = self.classes[cls]
        marks = list(_FLAGS.finditer(body))
        ends = [*(mark.start() for mark in marks[1:]), len(body)]
        for mark, end in zip(marks, ends, strict=False):
            name, *given = mark.groups()
            words = ("computed", "optional", "required")
            flags = {word: True for word, value in zip(words, given, strict=True) if value == "true"}
            kind, storage = self.written.get(key, {}).get(name, ("", ""))
            self._place(out, name, flags, (kind, storage), body[mark.end() : end], self.blocks.get(interface, set()))
        return out

    def _place(self, out: Tree, name: str, flags: Tree, written: tuple[str, str], body: str, blocks: set[str]) -> None:
        """Put one attribute or block where it belongs."""
        inner = _INNER.search(body)
        if inner is None:
            out["attributes"][name] = {"type": _scalar(written, body), **flags}
            return
        struct, shape = inner.groups()
        if f"{struct}OutputReference" not in self.classes:  # a map of plain values
            out["attributes"][name] = {"type": ["map", "string"], **flags}
            return
        content = self.block(f"{struct}OutputReference", struct, struct.lower())
        kind = written[0]
        listed = kind if kind in ("list", "set") else "list"
        if _camel(name) in {block.rstrip("_") for block in blocks}:
            out["block_types"][name] = _nested(content, kind, listed, one=shape == "OutputReference", flags=flags)
            return
        if content["block_types"]:
            raise ValueError(f"{name}: a block inside an attribute")
        nesting = {"OutputReference": "single", "Map": "map"}.get(shape, listed)
        out["attributes"][name] = {
            "nested_type": {"nesting_mode": nesting, "attributes": content["attributes"]},
            **flags,
        }


def _nested(content: Tree, kind: str, listed: str, *, one: bool, flags: Tree) -> Tree:
    if kind == "struct":
        return {"nesting_mode": "single", "block": content}
    bounds = {"min_items": 1} if flags.get("required") else {}
    if one:
        bounds["max_items"] = 1
    return {"nesting_mode": listed, "block": content, **bounds}


def _scalar(written: tuple[str, str], body: str) -> Any:
    """A type as the schema writes it: from how the value is written, else from how it is read."""
    kind, storage = written
    if kind == "simple" and storage in _SCALARS:
        return _SCALARS[storage]
    for ending, container in (("List", "list"), ("Map", "map")):
        if kind and storage.endswith(ending):
            return ["set" if kind == "set" else container, _SCALARS.get(storage.removesuffix(ending), "string")]
    found = _GETTER.search(body)
    word = found[1] if found else ""
    if word.endswith("Map"):
        return ["map", _SCALARS.get(word.removesuffix("Map").lower(), "string")]
    if word.endswith("List"):
        container = "set" if "Fn.tolist(" in body else "list"
        return [container, _SCALARS.get(word.removesuffix("List").lower(), "string")]
    return _SCALARS.get(word.lower(), "string")


def _camel(snake: str) -> str:
    head, *tail = snake.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)
