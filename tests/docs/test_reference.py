"""The reference pages list exactly what the code has: error codes, ledger columns, metrics, keys, layers."""

import ast
import re
import tomllib

import pyarrow as pa
import pytest

from havenlake.config import load_project
from havenlake.config.classification import classify
from havenlake.config.models import Asset
from havenlake.deploy.features import feature_table
from havenlake.errors import CODES
from havenlake.metrics import METRICS
from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.records import ColumnTreatments, Mode, Status
from tests.docs.pages import DOCS, PAGES, ROOT, first_cells, section, text
from tools import config_reference

CODE = re.compile(r"HL-[A-Z]{3}-\d{3}")


def words(page, heading):
    return [found[0] for found in first_cells(section(page, heading))]


def test_every_error_code_has_its_paragraph_under_its_title():
    headings = re.findall(r"^### (HL-[A-Z]+-\d+): (.+)$", text("reference/errors.md"), re.MULTILINE)
    assert headings == list(CODES.items())


@pytest.mark.parametrize("code", CODES)
def test_an_error_says_what_happened_and_what_to_do(code):
    paragraphs = section("reference/errors.md", f"{code}: {CODES[code]}").strip().split("\n\n")
    assert len(paragraphs) >= 2
    assert all(len(p) > 20 for p in paragraphs[:2])


def test_no_page_names_a_code_that_does_not_exist():
    named = {(page.name, code) for page in PAGES for code in CODE.findall(page.read_text(encoding="utf-8"))}
    assert [pair for pair in sorted(named) if pair[1] not in CODES] == []


def test_the_prefixes_of_codes_are_all_explained():
    assert set(words("reference/errors.md", "Errors")) == {code[:6] for code in CODES}


def test_the_tables_of_the_configuration_reference_are_fresh_and_complete():
    page = config_reference.PAGE.read_text(encoding="utf-8")
    assert config_reference.refreshed(page) == page, "run: python tools/config_reference.py"
    assert config_reference.unexplained(page) == []


def test_a_new_key_would_be_noticed():
    page = config_reference.PAGE.read_text(encoding="utf-8")
    old = re.sub(r"^\| `retention` .*\n", "", page, flags=re.MULTILINE)
    assert config_reference.refreshed(old) != old
    assert config_reference.unexplained(config_reference.refreshed(old)) == ["Asset.retention"]


TREATMENTS = {
    "nothing, and the type cannot carry text": ({}, "bigint", "clear"),
    "nothing, and the type can": ({}, "string", "held_back"),
    "`encrypted`, `columns: encrypt`": ({"encrypted": ("c",)}, "string", "encrypted"),
    "`scrubbing`, `columns: scrub`": ({"scrubbing": ("c",)}, "string", "scrubbed"),
    "`scrubbing` and `clear_in_bronze`": ({"scrubbing": ("c",), "clear_in_bronze": ("c",)}, "string", "scrubbed"),
    "`columns: drop`": ({"columns": {"c": "drop"}}, "string", "dropped"),
    "`identity`, `md5_checksum`, `context`, `event_time`, `columns: clear`": (
        {"columns": {"c": "clear"}},
        "string",
        "clear",
    ),
}
SILVER = {
    "clear": "clear",
    "held_back": "absent (held back)",
    "encrypted": "the same ciphertext",
    "scrubbed": "scrubbed; NULL without a `scrub_policy`",
    "dropped": "absent",
}


def test_the_table_of_treatments_is_what_the_code_does():
    rows = re.findall(r"^\| (.+?) \| (\w+) \| (.+?) \|$", section("reference/configuration.md", "Asset"), re.MULTILINE)
    told = {row[0]: row[2] for row in rows if row[0] in TREATMENTS}
    assert set(told) == set(TREATMENTS)
    for says, (keys, kind, treatment) in TREATMENTS.items():
        found = classify(Asset.model_validate({"identity": ("id",), **keys}), {"id": "bigint", "c": kind})
        assert "c" in getattr(found, treatment), says
        assert told[says] == SILVER[treatment], says


def test_treatments_have_one_name_each():
    assert set(SILVER) | {"tokens"} == set(ColumnTreatments.__dataclass_fields__)


def test_the_ledger_page_lists_every_column_with_its_type():
    from havenlake.tables.ledger import LEDGER_SCHEMA

    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section("reference/ledger.md", "Columns"), re.MULTILINE)
    names = {pa.string(): "string", pa.list_(pa.string()): "list of string"}
    kinds = [
        (f.name, names.get(f.type, "timestamp" if pa.types.is_timestamp(f.type) else str(f.type)))
        for f in LEDGER_SCHEMA
    ]
    assert rows == kinds


def test_the_ledger_page_lists_every_mode_and_status():
    assert set(words("reference/ledger.md", "Modes")) == {mode.value for mode in Mode}
    status = next(line for line in text("reference/ledger.md").splitlines() if line.startswith("| `status`"))
    assert set(re.findall(r"`(\w+)`", status)) - {"status"} == {s.value for s in Status}


def aliases(source):
    """The names that a file gives to columns by `.alias("…")`."""
    tree = ast.parse((ROOT / "src" / "havenlake" / source).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return {c.args[0].value for c in calls if c.func.attr == "alias" and isinstance(c.args[0], ast.Constant)}


def test_the_ledger_page_lists_the_columns_of_quarantine_and_leases():
    assert set(words("reference/ledger.md", "Quarantine")) == aliases("tables/quarantine.py")
    source = (ROOT / "src/havenlake/tables/lease.py").read_text(encoding="utf-8")
    created = re.search(r"\((target STRING, [^)]*)\)", source)
    assert created
    assert words("reference/ledger.md", "Leases") == [part.split()[0] for part in created[1].split(", ")]


def test_the_ledger_page_lists_the_columns_of_deliveries():
    from havenlake.tables.deliveries import DELIVERIES_SCHEMA

    assert words("reference/ledger.md", "Deliveries") == DELIVERIES_SCHEMA.names


def test_the_rules_of_the_quarantine_are_the_codes_own():
    source = (ROOT / "src/havenlake/tables/snapshot.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"(identity_\w+)"\)', source)) == {"identity_missing", "identity_conflict"}
    assert {"identity_missing", "identity_conflict"} <= set(
        re.findall(r"`(identity_\w+)`", section("reference/ledger.md", "Quarantine"))
    )


def test_the_metrics_page_is_the_contract():
    rows = re.findall(
        r"^\| `(havenlake[\w.]+)` \| (\w+) \| (\w+) \| (.+?) \| (.+) \|$", text("reference/metrics.md"), re.MULTILINE
    )
    expected = [(m.name, m.kind, m.unit, ", ".join(f"`{tag}`" for tag in m.tags), m.description) for m in METRICS]
    assert rows == expected


def test_every_tag_of_a_metric_is_explained():
    explained = {found[0] for found in first_cells(text("reference/metrics.md").partition("| tag |")[2])}
    assert explained == {tag for metric in METRICS for tag in metric.tags}


def test_the_tables_page_lists_the_framework_columns():
    listed = words("reference/tables.md", "Framework columns")
    assert sorted(listed) == sorted((*FRAMEWORK_COLUMNS, "_contract"))
    bronze = re.findall(
        r"^\| `(\w+)` \| [^|]+ \| yes \|", section("reference/tables.md", "Framework columns"), re.MULTILINE
    )
    assert sorted(bronze) == sorted(FRAMEWORK_COLUMNS)


def test_the_tables_page_lists_silvers_stamps():
    source = (ROOT / "src/havenlake/applications/silver.py").read_text(encoding="utf-8")
    stamps = re.search(r"stamps = (\(.*\))", source)
    assert stamps
    page = section("reference/tables.md", "Framework columns")
    silver = re.findall(r"^\| `(\w+)` \| [^|]+ \| \w+ \| yes \|", page, re.MULTILINE)
    assert sorted(silver) == sorted(ast.literal_eval(stamps[1]))


def test_the_tables_page_lists_the_table_properties():
    from havenlake.tables.store import TABLE_PROPERTIES

    rows = dict(
        re.findall(
            r"^\| `(delta\.\w+)` \| `?(.+?)`? \|", section("reference/tables.md", "Table properties"), re.MULTILINE
        )
    )
    assert {key: rows[key] for key in TABLE_PROPERTIES} == TABLE_PROPERTIES
    assert set(rows) - set(TABLE_PROPERTIES) == {"delta.dataSkippingStatsColumns"}


def test_the_layers_page_follows_the_import_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    there = {p.stem for p in (ROOT / "src/havenlake").iterdir()}
    expected = [[w for w in re.findall(r"\w+", line) if w in there] for line in layers]
    assert first_cells(section("reference/layers.md", "Layers")) == [line for line in expected if line]


def test_every_environment_variable_of_the_code_is_told():
    found = set()
    for file in (ROOT / "src/havenlake").rglob("*.py"):
        found |= set(re.findall(r'"(HAVENLAKE_[A-Z_]+)"', file.read_text(encoding="utf-8")))
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in sorted(found) if name not in told] == []


def test_every_fault_point_of_the_code_is_told():
    found = set()
    for file in (ROOT / "src/havenlake").rglob("*.py"):
        found |= set(re.findall(r'fault_point\("([\w-]+)"\)', file.read_text(encoding="utf-8")))
    found.discard("merged")  # the example of its own docstring
    assert set(words("explanation/how-a-row-travels.md", "When a run dies")) == found


def test_no_page_is_empty():
    assert [str(p) for p in DOCS.rglob("*.md") if len(p.read_text(encoding="utf-8")) < 500] == []


def test_the_table_of_what_is_on_where_is_true():
    page = section("reference/deployment.md", "What is on where")
    head, _, *rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    table = feature_table(load_project(ROOT))
    words = {True: "on", False: "off"}
    shown = {name: {key: words.get(value, value) for key, value in found.items()} for name, found in table.items()}
    names = [name.strip() for name in head]
    assert {n: {row[0].strip("`"): row[i + 1] for row in rows} for i, n in enumerate(names)} == shown
