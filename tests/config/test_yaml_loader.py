"""The loader: YAML 1.2 scalars, positions, merges, limits; properties checked against generated documents."""

import copy
import math
import pickle
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from havenlake.config.nodes import ConfigNode
from havenlake.config.problems import Problems
from havenlake.config.yaml_loader import parse_yaml
from havenlake.errors import HavenlakeError


def load(text: str) -> ConfigNode:
    problems = Problems()
    node = parse_yaml(text, "f.yaml", root=Path("/repo"), workspace="ctl-dev", problems=problems)
    problems.raise_if_any()
    assert node is not None
    return node


# From the tables of the YAML 1.2 core schema; the right column is what YAML 1.1 gets wrong.
CORE = {
    "NO": "NO",
    "no": "no",
    "on": "on",
    "y": "y",
    "12:30": "12:30",
    "190:20:30": "190:20:30",
    "2026-11-22": "2026-11-22",
    "2026-11-22T10:00:00Z": "2026-11-22T10:00:00Z",
    "0o17": 15,
    "017": 17,
    "0x1F": 31,
    "0b11": "0b11",
    "1_000": "1_000",
    "1e3": 1000.0,
    ".5": 0.5,
    "+12": 12,
    "-0": 0,
    "3.": 3.0,
    ".inf": math.inf,
    "-.INF": -math.inf,
    "true": True,
    "True": True,
    "tRUE": "tRUE",
    "null": None,
    "~": None,
    "": None,
    "=": "=",
    "<": "<",
    "'12'": "12",
    '"true"': "true",
    "!!str 12": "12",
    "!!int '12'": 12,
}


@pytest.mark.parametrize(("text", "value"), CORE.items())
def test_scalars_follow_the_core_schema(text, value):
    found = load(f"key: {text}")["key"]
    assert (type(found), found) == (type(value), value)


def test_not_a_number():
    assert math.isnan(load("key: .NaN")["key"])


@given(st.integers())
def test_integers_survive(number):
    assert load(f"key: {number}")["key"] == number


@given(st.floats(allow_nan=False))
def test_floats_survive(number):
    text = repr(number).replace("inf", ".inf")
    assert load(f"key: {text}")["key"] == number


@given(st.integers(min_value=0))
def test_octal_and_hexadecimal(number):
    assert load(f"a: 0o{number:o}\nb: 0x{number:x}") == {"a": number, "b": number}


WORDS = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8).filter(
    lambda w: w.lower() not in ("null", "true", "false")
)
SCALARS = WORDS | st.integers() | st.booleans() | st.none()
DOCUMENTS = st.dictionaries(
    WORDS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
        max_leaves=12,
    ),
    min_size=1,
    max_size=5,
)


@given(DOCUMENTS, st.booleans())
def test_documents_and_their_positions_survive(document, flow):
    text = yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True, width=40)
    node = load(text)
    assert node == document
    assert node.plain() == document
    lines = text.split("\n")
    for path, spot in node.document.positions.items():
        if spot.key is not None:
            at = lines[spot.key.line - 1][spot.key.column - 1 :]
            assert at.lstrip("'\"? ").startswith(str(path[-1])), (path, at)


@given(DOCUMENTS)
def test_what_is_anchored_and_used_equals_what_is_written_twice(document):
    flow = yaml.safe_dump(document, default_flow_style=True, width=10_000).strip()
    node = load(f"definitions: &d {flow}\nused: *d\nmerged:\n  <<: *d\n")
    assert node["used"] == document
    assert node["merged"] == document
    assert node["used"].origin.key_path == ("used",)


def test_nodes_know_where_they_were_written():
    node = load("definitions:\n  k: &k {scope: a, key: b}\njob:\n  input:\n    <<: *k\n    key: c\n")
    place = node["job"]["input"]
    assert place == {"scope": "a", "key": "c"}
    assert place.origin.workspace == "ctl-dev"
    assert place.origin.root == Path("/repo")
    assert place.origin.key_path == ("job", "input")
    assert str(place.origin.position) == "f.yaml:4:3"
    assert str(place.position_of("key")) == "f.yaml:6:5"
    assert str(place.position_of("scope")) == "f.yaml:2:10"


def test_a_key_overrides_a_merge_wherever_it_stands():
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\n"
    assert load(text + "c: {y: 3, <<: [*a, *b]}")["c"] == {"y": 3, "x": 1, "z": 2}


def test_nodes_are_read_only_and_travel_as_plain_dicts():
    node = load("a: {b: [1, {c: 2}]}")
    with pytest.raises(TypeError):
        node["a"] = 1
    assert isinstance(node["a"]["b"], tuple)
    for travelled in (pickle.loads(pickle.dumps(node)), copy.copy(node), copy.deepcopy(node)):  # noqa: S301
        assert type(travelled) is dict
        assert travelled == {"a": {"b": [1, {"c": 2}]}}

    def take(**keywords):
        return keywords

    assert take(**node)["a"] is node["a"]


def test_all_errors_of_a_file_are_reported_together():
    problems = Problems()
    parse_yaml("a: *x\nb: 1\nb: 2\n3: c\nd: !t e\n", "f.yaml", root=Path("/repo"), problems=problems)
    with pytest.raises(HavenlakeError) as caught:
        problems.raise_if_any()
    found = [(e.code, str(e.where)) for e in caught.value.errors]
    assert found == [
        ("HL-CFG-006", "f.yaml:1:4"),
        ("HL-CFG-002", "f.yaml:3:1"),
        ("HL-CFG-004", "f.yaml:4:1"),
        ("HL-CFG-004", "f.yaml:5:4"),
    ]


@given(st.text(max_size=60))
def test_any_text_loads_or_gives_a_coded_error_inside_the_file(text):
    try:
        load(text)
    except HavenlakeError as error:
        for each in getattr(error, "errors", (error,)):
            assert 1 <= each.where.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 3


def test_a_merge_bomb_ends_quickly():
    text = "a0: &a0 {k: 1}\n" + "".join(
        f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 12)
    )
    with pytest.raises(HavenlakeError) as caught:
        load(text)
    assert caught.value.code == "HL-CFG-007"
