"""What each policy lets in, held against schemas only; no Spark session."""

from datetime import UTC, datetime

import pytest
from pyspark.sql.types import StructType

from havenlake.applications.bronze import bronze_contract
from havenlake.applications.drift_policy import drift_lines
from havenlake.config import Asset
from havenlake.config.drift import DriftKind
from havenlake.errors import HavenlakeError
from havenlake.names import FRAMEWORK_COLUMNS, TableName
from havenlake.transforms import TYPE_KEY

TARGET = TableName("lake_bronze", "platformdb", "thing")
SOURCE = {"id": "integer", "n": "integer", "note": "string", "secret": "integer", "gone": "string"}
CLEAR = ("id", "n")


def schema(columns):
    fields = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in columns.items()]
    return StructType.fromJson({"type": "struct", "fields": fields})


def table(columns=SOURCE, clear=CLEAR):
    """Bronze as the first load of these columns makes it."""
    fields = [
        {
            "name": name,
            "type": kind if name in clear else "binary",
            "nullable": True,
            "metadata": {} if name in clear else {TYPE_KEY: f'"{kind}"'},
        }
        for name, kind in columns.items()
    ]
    fields += [{"name": n, "type": "string", "nullable": True, "metadata": {}} for n in FRAMEWORK_COLUMNS]
    return StructType.fromJson({"type": "struct", "fields": fields})


def asset(policy="evolve", **keys):
    return Asset.model_validate({"identity": ("id",), "encrypted": ("secret",), "drift": policy, **keys})


def contract(source, policy="evolve", known=None, **keys):
    last = schema(known).json() if known else ""
    return bronze_contract(asset(policy, **keys), schema(source), table(), TARGET, last)


def refused(source, policy="evolve", **keys):
    with pytest.raises(HavenlakeError) as caught:
        contract(source, policy, **keys)
    return caught.value


def test_the_same_columns_are_no_drift_under_any_policy():
    for policy in ("evolve", "hold", "freeze"):
        found = contract(SOURCE, policy)
        assert (found.drift, found.left_out, found.encrypted) == ((), (), ("note", "secret", "gone"))


def test_evolve_takes_new_columns_and_seals_those_that_can_carry_text():
    found = contract({**SOURCE, "mood": "string", "score": "double"})
    assert found.left_out == ()
    assert "mood" in found.encrypted
    assert "score" not in found.encrypted
    assert "mood" in found.treatments.held_back


def test_hold_takes_no_new_column_until_the_asset_names_it():
    source = {**SOURCE, "mood": "string", "score": "double"}
    held = contract(source, "hold")
    assert held.left_out == ("mood", "score")
    assert {"mood", "score"}.isdisjoint({*held.treatments.clear, *held.treatments.held_back, *held.encrypted})
    assert held.notes[-1] == "not taken until classified (drift: hold): mood, score"
    named = contract(source, "hold", columns={"mood": "encrypt"})
    assert named.left_out == ("score",)
    assert "mood" in named.encrypted


def test_hold_goes_on_holding_when_the_last_good_load_had_the_column():
    source = {**SOURCE, "mood": "string"}
    assert contract(source, "hold", known=source).left_out == ("mood",)


def test_freeze_stops_at_any_drift():
    without = {n: t for n, t in SOURCE.items() if n != "gone"}
    for source in ({**SOURCE, "mood": "string"}, without, {**SOURCE, "n": "long"}):
        assert refused(source, "freeze").code == "HL-TBL-008"


def test_a_column_that_was_gone_by_the_last_good_load_is_no_new_drift():
    without = {n: t for n, t in SOURCE.items() if n != "gone"}
    assert contract(without, "freeze", known=without).drift == ()
    assert [d.kind for d in contract(without, known=SOURCE).drift] == [DriftKind.REMOVED]


@pytest.mark.parametrize("column", ["n", "secret", "id"])
def test_widening_is_taken_by_evolve_alone_encrypted_columns_and_identity_too(column):
    wide = {**SOURCE, column: "long"}
    assert [(d.kind, d.column) for d in contract(wide).drift] == [(DriftKind.WIDENED, column)]
    assert refused(wide, "hold").code == "HL-TBL-003"
    assert "evolve" in (refused(wide, "hold").hint or "")
    assert refused(wide, "freeze").code == "HL-TBL-008"


@pytest.mark.parametrize(("column", "kind"), [("n", "short"), ("secret", "short"), ("n", "string"), ("note", "long")])
@pytest.mark.parametrize("policy", ["evolve", "hold", "freeze"])
def test_a_narrowed_or_changed_type_stops_under_every_policy(column, kind, policy):
    found = refused({**SOURCE, column: kind}, policy)
    assert found.code == "HL-TBL-003"
    assert f"'{column}'" in found.message


@pytest.mark.parametrize("policy", ["evolve", "hold", "freeze"])
def test_a_vanished_identity_stops_under_every_policy(policy):
    assert refused({n: t for n, t in SOURCE.items() if n != "id"}, policy).code == "HL-TBL-001"


def renamed(old, new, source=SOURCE):
    return {(new if n == old else n): t for n, t in source.items()}


def test_a_likely_renamed_text_column_is_taken_sealed_and_told():
    found = contract(renamed("gone", "gone_name"))
    assert [d.kind for d in found.drift] == [DriftKind.RENAMED]
    assert "gone_name" in found.encrypted
    assert "new name to be named in the asset: likely renamed gone → gone_name string" in found.notes


def test_an_encrypted_number_does_not_go_on_in_clear_under_a_new_name():
    source = renamed("secret", "secret_number")
    assert refused(source).code == "HL-TBL-008"
    assert contract(source, columns={"secret_number": "clear"}).drift != ()
    assert "secret_number" in contract(source, columns={"secret_number": "encrypt"}).encrypted
    assert contract(source, "hold").left_out == ("secret_number",)


def test_dropped_columns_take_no_part():
    assert contract({**SOURCE, "mood": "string"}, "freeze", columns={"mood": "drop"}).drift == ()


def test_a_clear_column_cannot_become_encrypted():
    found = refused(SOURCE, encrypted=("secret", "n"))
    assert (found.code, "in clear" in found.message) == ("HL-TBL-003", True)


def test_a_plan_shows_what_comes_goes_and_widens_and_since_when():
    source = {**renamed("gone", "gone_name"), "n": "long", "mood": "string"}
    found = contract(source, "evolve")
    since = {d: datetime(2026, 1, 31, 12, tzinfo=UTC) if d.column == "mood" else None for d in found.drift}
    assert drift_lines(found.drift, found.left_out, since) == (
        "+ mood string, first seen 2026-01-31 12:00 UTC",
        "+ gone_name string, likely gone under a new name",
        "- gone (kept, NULL from now on)",
        "~ n int → bigint (widened)",
    )
    held = contract({**SOURCE, "mood": "string"}, "hold")
    assert drift_lines(held.drift, held.left_out, dict.fromkeys(held.drift)) == (
        "+ mood string (not taken: drift is hold)",
    )
