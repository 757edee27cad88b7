"""Applications by `app_name`, found by entry point so that a user's own counts like a built-in one."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from havenlake.applications.freshness import Freshness
from havenlake.applications.full_load import FullLoad
from havenlake.applications.maintain import Maintain
from havenlake.applications.residency_audit import ResidencyAudit
from havenlake.applications.rotate_keys import RotateKeys
from havenlake.applications.to_silver import ToSilver
from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from havenlake.runner import SparkApplication

GROUP = "havenlake.applications"
_BUILT_IN: dict[str, type[SparkApplication]] = {
    "full_load_job": FullLoad,
    "bronze_to_silver_job": ToSilver,
    "rotate_keys": RotateKeys,
    "maintain": Maintain,
    "residency_audit_job": ResidencyAudit,
    "freshness_job": Freshness,
}


def application(app_name: str) -> SparkApplication:
    """A new instance of the application a job names; HL-CFG-012 when there is none."""
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    if app_name in _BUILT_IN:
        return _BUILT_IN[app_name]()
    if app_name in installed:
        found: SparkApplication = installed[app_name].load()()
        return found
    names = sorted({*_BUILT_IN, *installed})
    raise HavenlakeError("HL-CFG-012", f"no application is called '{app_name}'", hint=f"known: {', '.join(names)}")
