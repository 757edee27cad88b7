"""Rules on places, as pure functions of plain values.

They live here and not in `residency`, because loading a project reports their errors beside all others and
configuration may not import upwards; `residency` re-uses them for runs and audits.
"""

from __future__ import annotations

import posixpath
import re
from datetime import date

from havenlake.config.problems import nearest
from havenlake.config.zones import LOCAL, Holds, Place, ZoneException, Zones
from havenlake.errors import HavenlakeError, Position

_ALLOWED: dict[Holds, tuple[Holds, ...]] = {
    "rows": ("rows",),
    "telemetry": ("telemetry", "rows"),
    "source": ("source", "rows"),
}


_OWN_DATABASE = re.compile(r"jdbc:postgresql://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?(?:/[^,]*)?")


def normal_place(place: str) -> str:
    """One spelling for one place: no `s3a:`, `..`, user, query or trailing slash.

    >>> normal_place("s3a://bucket/a/../b/"), normal_place("jdbc:postgresql://db:5432/app?ssl=true")
    ('s3://bucket/b', 'jdbc:postgresql://db:5432/app')
    """
    text = re.sub(r"^dbfs:/+(?=Volumes/)", "/", re.sub(r"^s3[an]://", "s3://", place.strip()))
    text = re.split(r"[?;#]", text)[0]
    scheme, separator, rest = text.rpartition("://")
    if not separator:
        return posixpath.normpath(text)
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2]
    path = posixpath.normpath(f"/{path}").lstrip("/")
    return f"{scheme}://{host}/{path}" if path else f"{scheme}://{host}"


def is_local(place: str) -> bool:
    """Whether a place is a folder of this computer, or a database on it."""
    if _OWN_DATABASE.fullmatch(normal_place(place)):
        return True
    return place.startswith("file:") or not (re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", place) or is_volume(place))


def is_volume(place: str) -> bool:
    """Whether a place is a mounted cloud folder of Databricks, which looks like a local path but is none."""
    return normal_place(place).startswith(("/Volumes/", "/dbfs/", "/mnt/"))


def covers(declared: str, place: str) -> bool:
    """Whether `place` is the declared place or lies inside it."""
    outer, inner = normal_place(declared), normal_place(place)
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in "/:")


def _same(first: str, second: str) -> bool:
    return normal_place(first) == normal_place(second)


def declared_place(zones: Zones, place: str) -> tuple[str, Place] | None:
    """Zone and declaration of a place; the longest declaration that covers it counts."""
    found = [(name, p) for name, zone in zones.zones.items() for p in zone.places if covers(p.place, place)]
    return max(found, key=lambda pair: len(normal_place(pair[1].place)), default=None)


def zone_of_place(zones: Zones, place: str) -> str | None:
    """Name of the zone a place belongs to; folders of this computer are `local`."""
    if is_local(place):
        return LOCAL
    found = declared_place(zones, place)
    return found[0] if found else None


def place_error(
    zones: Zones, workspace_zone: str, place: str, holds: Holds, *, today: date, where: Position | str | None = None
) -> HavenlakeError | None:
    """Why a workspace of a zone may not use a place for this, or None when it may.

    HL-CFG-016: nobody declared the place. HL-RES-001: rows would leave the zone, or come to rest where none belong.
    HL-CFG-013: telemetry or a source lies outside the zone and no exception in force allows it.
    """
    place = normal_place(place)  # a message must not repeat a user or password written into a URL
    if LOCAL in (workspace_zone, zone_of_place(zones, place)):
        return _local_error(workspace_zone, place, where)
    found = declared_place(zones, place)
    if found is None:
        return HavenlakeError(
            "HL-CFG-016", f"no zone declares '{place}'", where=where, hint=_nearest_place(zones, place)
        )
    zone, declaration = found
    others = {name for name, z in zones.zones.items() for p in z.places if _same(p.place, declaration.place)} - {zone}
    if others:
        message = f"'{declaration.place}' is declared in zones {zone} and {', '.join(sorted(others))}"
        return HavenlakeError("HL-CFG-002", message, where=where, hint="keep it in one zone")
    if zone == workspace_zone:
        return _use_error(declaration, place, holds, where)
    if holds == "rows":
        hint = f"rows of zone {workspace_zone} stay in its own places"
        return HavenlakeError(
            "HL-RES-001", f"'{place}' lies in zone {zone}, not {workspace_zone}", where=where, hint=hint
        )
    return _exception_error(zones, workspace_zone, (zone, place, holds), today, where)


def _local_error(zone: str, place: str, where: Position | str | None) -> HavenlakeError | None:
    if zone == LOCAL and is_local(place):
        return None
    if zone == LOCAL:
        message, hint = f"a local workspace cannot use '{place}'", "use a folder of this computer, or a database on it"
    else:
        message, hint = f"'{place}' is a place on one computer", f"use a place declared in zone {zone}"
    return HavenlakeError("HL-RES-001", message, where=where, hint=hint)


def _use_error(declared: Place, place: str, holds: Holds, where: Position | str | None) -> HavenlakeError | None:
    if declared.holds in _ALLOWED[holds]:
        return None
    hint = f"name a place declared with 'holds: {holds}'"
    return HavenlakeError("HL-RES-001", f"'{place}' holds {declared.holds}, not {holds}", where=where, hint=hint)


def _exception_error(
    zones: Zones, workspace_zone: str, use: tuple[str, str, Holds], today: date, where: Position | str | None
) -> HavenlakeError | None:
    zone, place, holds = use
    known = [e for e in zones.exceptions if _applies(e, workspace_zone, place, holds)]
    if any(e.expires >= today for e in known):
        return None
    last = max((e.expires for e in known), default=None)
    hint = f"its exception expired on {last}" if last else "add an exception with reason, owner and expiry"
    return HavenlakeError("HL-CFG-013", f"'{place}' lies in zone {zone}, not {workspace_zone}", where=where, hint=hint)


def _applies(exception: ZoneException, zone: str, place: str, holds: Holds) -> bool:
    return exception.zone == zone and exception.holds == holds and covers(exception.place, place)


def _nearest_place(zones: Zones, place: str) -> str:
    close = nearest(place, (p.place for zone in zones.zones.values() for p in zone.places))
    return f"did you mean '{close}'?" if close else "declare it in workspaces/residency-zones.yaml"


def local_place(place: str, folder: str, warehouse: str | None = None) -> str:
    """Where a place lies under `--local folder`; folders inside a local workspace's own warehouse move with it.

    >>> local_place("s3://bucket/app", "/tmp/lake"), local_place(".havenlake/landing/app", "/tmp/lake", ".havenlake")
    ('/tmp/lake/landing/bucket/app', '/tmp/lake/landing/app')
    """
    if warehouse and covers(warehouse, place):
        return posixpath.join(folder, posixpath.relpath(place, warehouse))
    if is_local(place):
        return place
    parts = re.sub(r"^[A-Za-z0-9+.-]+:/*", "", normal_place(place)).strip("/").split("/")
    return posixpath.join(folder, "landing", *parts)
