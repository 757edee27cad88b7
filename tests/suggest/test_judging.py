import random
from datetime import date

import pytest

from havenlake.suggest.judging import judge
from havenlake.suggest.sample import column_of

TODAY = date(2026, 1, 1)
RANDOM = random.Random(5)


def verdict(name, values, carries="text"):
    return judge(column_of(name, carries, carries, list(values)), TODAY)


def many(make, count=100):
    return [make(i) for i in range(count)]


SENSITIVE = {
    "e-mail": many(lambda i: f"somebody{i}@example.org"),
    "phone": many(lambda i: f"+1 415 555 {i:04}"),
    "phone as digits": many(lambda i: str(4155550000 + i)),
    "IP": many(lambda i: f"10.0.{i}.7"),
    "IPv6": many(lambda i: f"2001:db8::{i + 1:x}"),
    "link": many(lambda i: f"https://example.org/?user={i}"),
    "birth date": many(lambda i: f"{1950 + i % 50}-03-01"),
    "German birth date": many(lambda i: f"01.03.{1950 + i % 50}"),
    "social security number": many(lambda i: f"123-45-{i + 1001}"),
    "Spanish id": ["54362315K", "12345678Z", "00000000T"] * 30,
    "British postcode": many(lambda i: f"SW1A {i % 9 + 1}AA"),
    "JSON": many(lambda i: f'{{"user": {i}}}'),
    "names": RANDOM.choices(["Ana", "Jess", "Günther", "Marie"], k=100),
    "names in small letters, too few to tell": ["ana", "jess", "marie"] * 3,
    "nothing": [None, ""],
    "rare e-mail in codes": [*["open"] * 99, "ask ana@example.org"],
    "many words": many(lambda i: f"word{i}"),
    "long numbers": many(lambda i: str(123456 + i)),
}


@pytest.mark.parametrize("values", SENSITIVE.values(), ids=SENSITIVE)
def test_values_alone_make_a_column_sensitive(values):
    assert verdict("x1", values).treatment == "encrypt"


SAFE = {
    "codes": ("x1", ["open", "closed"] * 60),
    "labels of a column of codes": ("status", ["In progress", "Done"] * 20),
    "few codes of a column of codes": ("country_code", ["US"] * 3),
    "keys": ("conversation_id", many(str)),
    "long keys": ("conversation_id", many(lambda i: str(10**12 + i))),
    "UUIDs": ("conversation_id", many(lambda i: f"6f9619ff-8b86-d011-b42d-{i:012x}")),
    "instants": ("x1", many(lambda i: f"2024-03-01T00:{i % 60:02}:01Z")),
    "amounts": ("x1", many(lambda i: f"{i}.25")),
}


@pytest.mark.parametrize(("name", "values"), SAFE.values(), ids=SAFE)
def test_harmless_text_is_left_clear(name, values):
    assert verdict(name, values).treatment == "clear"


def test_a_key_of_users_may_hold_their_names():
    assert verdict("user_id", many(lambda i: f"ana{i}")).treatment == "encrypt"
    assert verdict("user_id", many(str)).treatment == "clear"
    assert verdict("whatsapp_id", many(lambda i: str(14155550000 + i))).treatment == "encrypt"


def test_sentences_are_scrubbed_whatever_the_column_is_called():
    texts = many(lambda i: f"I wonder whether somebody could help me, number {i}")
    assert verdict("x1", texts).treatment == "scrub"
    assert verdict("message", ["ok"] * 100).treatment == "scrub"
    assert verdict("x1", [*["fine"] * 60, *texts[:20]]).treatment == "scrub"


def test_text_that_is_nothing_but_addresses_is_encrypted():
    assert verdict("contact_details", many(lambda i: f"somebody{i}@example.org")).treatment == "encrypt"
    mixed = [f"somebody{i}@example.org" for i in range(20)] + ["please write to me there, I am waiting for you"] * 80
    assert verdict("x1", mixed).treatment == "scrub"


def test_a_name_of_something_personal_is_encrypted_though_it_reads_like_a_sentence():
    address = verdict("address", many(lambda i: f"{i} Long Winding Road Apt 4 Springfield"))
    assert (address.treatment, address.token) == ("encrypt", False)


def test_numbers_and_dates_pass_unless_something_speaks_against_them():
    assert verdict("amount", range(100), "whole").treatment == "pass"
    assert verdict("x1", range(4155550000, 4155550100), "whole").treatment == "encrypt"
    assert verdict("created_ms", range(1700000000000, 1700000000100), "whole").treatment == "pass"
    assert verdict("phone", range(100), "whole").treatment == "encrypt"
    assert verdict("x1", [1960 + i % 40 for i in range(100)], "whole").treatment == "encrypt"
    assert verdict("visit_id", range(1930, 1990), "whole").treatment == "pass"
    assert verdict("birth_date", [None], "date").treatment == "encrypt"
    assert verdict("x1", [date(1980, 1, 1)] * 20, "date").treatment == "encrypt"
    assert verdict("hired_on", [date(2023, 1, 1)] * 20, "date").treatment == "pass"
    assert verdict("x1", [b"\x00"], "binary").treatment == "encrypt"


def test_tags_that_people_make_up_are_trusted_only_as_codes():
    assert verdict("tags", [["Anna"], ["Marie"]] * 60, "list").treatment == "encrypt"
    assert verdict("status", ["Waiting", "Done"] * 60).treatment == "clear"


def test_lists_are_judged_by_their_elements():
    assert verdict("tags", [["sleep", "grief"], []] * 60, "list").treatment == "clear"
    assert verdict("contacts_of", [["a@example.org"]] * 60, "list").treatment == "encrypt"


def test_reasons_hold_counts_and_never_a_value():
    values = [f"secretword{i}@example.org" for i in range(93)] + ["secretword"] * 7
    found = verdict("email", values)
    assert found.reason == "the name says e-mail address; looks like an e-mail address in 93 of 100 sampled values"
    assert found.token
    for name in ("notes", "x1", "status", "phone"):
        assert "secretword" not in verdict(name, values).reason


def test_a_sample_shows_no_value_in_a_trace():
    assert "secretword" not in repr(column_of("x", "text", "text", ["secretword"]))
