"""A context is followed to its end: own columns, other assets, the instance, and what leads nowhere."""

from pathlib import Path

import pytest

from havenlake.config import Asset, load_project
from havenlake.config.contexts import ContextColumn, Hop, context_route
from havenlake.config.nodes import frozen
from havenlake.errors import HavenlakeError

REPOSITORY = Path(__file__).resolve().parents[2]


def assets(**contexts):
    known = {name: {"identity": ["id"], **keys} for name, keys in contexts.items()}
    return {name: Asset.model_validate(frozen(keys)) for name, keys in known.items()}


TEXTER = {"context": {"country": "country_code", "language": "lang", "subject": "id"}}
CONVERSATION = {
    "context": {"country": "country_code", "language": "language", "conversation": "id", "subject": "texter_id"}
}
VIA = {"via": "conversation", "on": {"conversation_id": "id"}}


def test_own_columns_need_no_hop():
    route = context_route(assets(texter=TEXTER), "texter")
    assert route.hops == ()
    assert route.country == ContextColumn("texter", "country_code", 0)
    assert route.language == ContextColumn("texter", "lang", 0)
    assert route.subject == ContextColumn("texter", "id", 0)
    assert route.conversation is None


def test_what_is_not_named_here_comes_from_the_other_asset():
    route = context_route(assets(conversation=CONVERSATION, log={"context": VIA}), "log")
    assert route.hops == (Hop("conversation", (("conversation_id", "id"),)),)
    assert route.country == ContextColumn("conversation", "country_code", 1)
    assert route.hops_to(route.country) == route.hops
    assert route.subject == ContextColumn("conversation", "texter_id", 1)


def test_a_column_that_the_join_carries_is_taken_without_the_hop():
    known = assets(
        conversation=CONVERSATION,
        log={"context": VIA},
        value={"context": {"via": "log", "on": {"log_id": "id"}, "subject": "id"}},
    )
    route = context_route(known, "log")
    assert route.conversation == ContextColumn("log", "conversation_id", 0)
    deep = context_route(known, "value")
    assert [hop.table for hop in deep.hops] == ["log", "conversation"]
    assert deep.conversation == ContextColumn("log", "conversation_id", 1)
    assert deep.country == ContextColumn("conversation", "country_code", 2)
    assert deep.subject == ContextColumn("value", "log_id", 0)


def test_names_beside_via_are_columns_of_the_other_asset_and_win():
    known = assets(
        conversation={"context": {"country": "cc"}, "md5_checksum": ["home"]},
        message={"context": {**VIA, "country": "home"}},
    )
    assert context_route(known, "message").country == ContextColumn("conversation", "home", 1)


def test_a_country_known_by_telephone_is_not_looked_for_further_on():
    known = assets(
        conversation=CONVERSATION, call={"context": {**VIA, "phone": "caller"}}, line={"context": {"phone": "number"}}
    )
    route = context_route(known, "call")
    assert (route.country, route.phone) == (None, ContextColumn("conversation", "caller", 1))
    assert context_route(known, "line").place_of_country == ContextColumn("line", "number", 0)


def test_the_instance_stands_for_rows_that_no_column_tells_apart():
    known = assets(
        article={"context": {"instance": "no person"}}, read={"context": {"via": "article", "on": {"a": "id"}}}
    )
    assert context_route(known, "article").instance == "no person"
    assert context_route(known, "read").instance == "no person"
    assert context_route(known, "read").place_of_country is None


def test_without_a_context_there_is_no_route():
    assert context_route(assets(thing={}), "thing") is None
    route = context_route(assets(thing={}, part={"context": {"via": "thing", "on": {"thing_id": "id"}}}), "part")
    assert (route.place_of_country, route.instance) == (None, None)


@pytest.mark.parametrize(
    ("known", "table", "code", "words"),
    [
        ({"log": {"context": VIA}}, "log", "HL-CFG-011", "which has no asset"),
        ({"log": {"context": VIA}}, "lgo", "HL-CFG-009", "no data asset"),
        (
            {"a": {"context": {"via": "b", "on": {"x": "id"}}}, "b": {"context": {"via": "a", "on": {"x": "id"}}}},
            "a",
            "HL-CFG-011",
            "in a circle",
        ),
        (
            {"log": {"context": VIA}, "conversation": {"context": {"via": "gone", "on": {"x": "id"}}}},
            "log",
            "HL-CFG-011",
            "conversation: context goes via 'gone'",
        ),
        (
            {"log": {"context": {**VIA, "on": {"conversation_id": "number"}}}, "conversation": CONVERSATION},
            "log",
            "HL-CFG-011",
            "is identified by",
        ),
        (
            {"log": {"context": {**VIA, "country": "coutry"}}, "conversation": CONVERSATION},
            "log",
            "HL-CFG-011",
            "coutry",
        ),
        (
            {"log": {"context": {**VIA, "country": "c"}}, "conversation": {"encrypted": ["c"]}},
            "log",
            "HL-CFG-011",
            "seals or drops",
        ),
    ],
)
def test_a_context_that_leads_nowhere_is_refused(known, table, code, words):
    with pytest.raises(HavenlakeError) as caught:
        context_route(assets(**known), table)
    assert caught.value.code == code
    assert words in str(caught.value)


def test_every_table_of_the_repository_says_whose_its_rows_are():
    for config in load_project(REPOSITORY).workspaces.values():
        known = {name: asset for file in config.assets.values() for name, asset in file.assets.items()}
        for table in known:
            route = context_route(known, table)
            assert route is not None
            assert route.place_of_country or route.instance, f"{config.vars.name}: {table}"
