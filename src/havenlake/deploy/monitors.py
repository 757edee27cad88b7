"""Monitors, service levels and downtimes of an instance, from the catalogue and its assets' objectives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from havenlake.config import WorkspaceConfig
from havenlake.config.problems import Problems, suggestion
from havenlake.deploy.catalogue import CatalogueFile, DowntimeTemplate, MonitorTemplate, SloTemplate, Where
from havenlake.deploy.jobs import FORMAT, Rendered, deployment_of
from havenlake.deploy.linting import Fault, Watched, count_faults, faults
from havenlake.deploy.routes import freshness_routes, handles, loaded_tables, starts_by_itself

_PRIORITY = {"critical": 1, "high": 2, "medium": 3, "low": 4}
_OPTIONS = ("on_missing_data", "renotify_interval", "require_full_window", "evaluation_delay")


def monitors_documents(
    config: WorkspaceConfig, catalogue: Mapping[str, CatalogueFile], instances: tuple[str, ...]
) -> dict[str, Rendered]:
    """Content of `workspaces/<ws>/monitoring/<unit>/monitors.json` by unit.

    Raises `ConfigErrors` with every fault of the catalogue: HL-DEP-004 for a query that breaks the contract, HL-DEP-005
    for a table that the instance does not load, HL-CFG-014 for an instance that does not exist.
    """
    problems = Problems()
    found = {unit: _Unit(config, file, instances, problems).document() for unit, file in catalogue.items()}
    problems.raise_if_any()
    return found


@dataclass(frozen=True)
class _Unit:
    """One file of the catalogue for one instance."""

    config: WorkspaceConfig
    file: CatalogueFile
    instances: tuple[str, ...]
    problems: Problems

    def document(self) -> Rendered:
        written, on = self.file.catalogue, deployment_of(self.config).features.monitors
        monitors = dict(pair for key, m in written.monitors.items() for pair in self._monitors(key, m))
        slos = {key: self._slo(key, slo) for key, slo in written.slos.items() if self._stands("slos", key, slo)}
        downtimes = {
            key: self._downtime(downtime)
            for key, downtime in written.downtimes.items()
            if self._stands("downtimes", key, downtime)
        }
        kept = {"monitors": monitors, "slos": slos, "downtimes": downtimes} if on else {}
        empty: Rendered = {"monitors": {}, "slos": {}, "downtimes": {}}
        return {"format": FORMAT, "workspace": self.config.vars.name, **empty, **kept}

    def _stands(self, part: str, key: str, where: Where) -> bool:
        """Whether it stands in this instance."""
        facts = self.config.vars
        for i, name in enumerate(where.instances):
            if name not in self.instances:
                place = self.file.place(part, key, "instances", i)
                message = f"instance '{name}' is not known"
                self.problems.add("HL-CFG-014", message, place, suggestion(name, self.instances))
        if where.when == "ingests" and not facts.ingests:
            return False
        if where.when == "scheduled" and not starts_by_itself(self.config):
            return False
        named = not where.instances or facts.name in where.instances
        return named and (not where.environments or facts.environment in where.environments)

    def _monitors(self, key: str, template: MonitorTemplate) -> Iterator[tuple[str, Rendered]]:
        if not self._stands("monitors", key, template):
            return
        if template.each == "instance":
            tables = self._known_tables(key, template)
            severity = template.severity or "medium"
            yield key, self._monitor(key, template, severity, deployment_of(self.config).owner, tables)
            return
        for route in freshness_routes(self.config):
            yield f"{key}-{route.key}", self._monitor(key, template, route.severity, route.owner, route.tables)

    def _known_tables(self, key: str, template: MonitorTemplate) -> tuple[str, ...]:
        known = loaded_tables(self.config)
        for i, table in enumerate(template.tables):
            if table not in known:
                place = self.file.place("monitors", key, "tables", i)
                message = f"monitor '{key}' names table '{table}', which {self.config.vars.name} does not load"
                self.problems.add("HL-DEP-005", message, place, suggestion(table, known))
        return template.tables

    def _monitor(
        self, key: str, template: MonitorTemplate, severity: str, owner: str, tables: tuple[str, ...]
    ) -> Rendered:
        words = self._words(severity, owner, tables, template.critical)
        query = self._filled("monitors", key, "query", template.query, words)
        watched = Watched(
            template.type, query, template.critical, self.config.vars.name, tuple(loaded_tables(self.config))
        )
        self._tell("monitors", key, faults(watched))
        called = " ".join(f"@{name}" for name in handles(deployment_of(self.config), severity, owner))
        message = self._filled("monitors", key, "message", template.message, words).strip()
        found: Rendered = {
            "name": self._filled("monitors", key, "name", template.name, words),
            "type": template.type,
            "query": query,
            "message": f"{message}\n\n{called}",
            "priority": _PRIORITY[severity],
            "tags": self._tags(severity=severity, owner=_tag(owner)),
            "thresholds": {"critical": _number(template.critical)},
        }
        if template.warning is not None:
            found["thresholds"]["warning"] = _number(template.warning)
        given = {name: getattr(template, name) for name in _OPTIONS}
        return {**found, **{name: value for name, value in given.items() if value is not None}}

    def _slo(self, key: str, template: SloTemplate) -> Rendered:
        owner = deployment_of(self.config).owner
        words, sides = self._words("medium", owner, (), 0), template.query.model_dump()
        query = {side: self._filled("slos", key, "query", text, words) for side, text in sides.items()}
        for text in query.values():
            self._tell("slos", key, count_faults(text, self.config.vars.name, loaded_tables(self.config)))
        found: Rendered = {
            "name": self._filled("slos", key, "name", template.name, words),
            "type": "metric",
            "description": self._filled("slos", key, "description", template.description, words).strip(),
            "query": query,
            "timeframe": template.timeframe,
            "target": _number(template.target),
            "tags": self._tags(owner=_tag(owner)),
        }
        return found if template.warning is None else {**found, "warning": _number(template.warning)}

    def _downtime(self, template: DowntimeTemplate) -> Rendered:
        recurrence = template.recurrence.model_dump()
        return {
            "scope": f"instance:{self.config.vars.name}",
            "monitor_tags": sorted({*template.monitor_tags, f"instance:{self.config.vars.name}"}),
            "schedule": {"timezone": template.timezone, "recurrences": [recurrence]},
        }

    def _words(self, severity: str, owner: str, tables: tuple[str, ...], critical: float) -> dict[str, str]:
        facts = self.config.vars
        return {
            "instance": facts.name,
            "zone": facts.zone,
            "env": facts.environment,
            "severity": severity,
            "owner": owner,
            "tables": ",".join(tables),
            "critical": f"{critical:g}",
        }

    def _filled(self, part: str, key: str, field: str, text: str, words: Mapping[str, str]) -> str:
        for word in re.findall(r"\$\{?([a-z_]+)", text):
            if word not in words:
                message = f"'{key}': placeholder '${word}' does not exist"
                self.problems.add("HL-DEP-004", message, self.file.place(part, key, field), suggestion(word, words))
        return Template(text).safe_substitute(words)

    def _tags(self, **own: str) -> list[str]:
        facts = self.config.vars
        shared = {"instance": facts.name, "zone": facts.zone, "env": facts.environment}
        tags: dict[str, Any] = {**shared, "unit": self.file.unit, "managed_by": "terraform", **own}
        return sorted(f"{name}:{value}" for name, value in tags.items())

    def _tell(self, part: str, key: str, found: tuple[Fault, ...]) -> None:
        place = self.file.place(part, key, "query")
        if found:  # one place takes one error, so all that is wrong with a query is told in one
            self.problems.add("HL-DEP-004", f"'{key}': {'; '.join(why for why, _ in found)}", place, found[0][1])


def _number(value: float) -> float:
    """A whole number without its `.0`, as people and Terraform write it."""
    return int(value) if value.is_integer() else value


def _tag(text: str) -> str:
    """A value of a tag: what Datadog would turn into an underscore is one already."""
    return re.sub(r"[^a-z0-9_.:/-]", "_", text.lower())
