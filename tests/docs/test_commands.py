"""The command line reference lists exactly the commands and options there are; no page mentions another one."""

import re
import shlex

import pytest
import typer.main

from havenlake.cli import app
from havenlake.cli.exits import exit_code
from havenlake.errors import CODES
from tests.docs.pages import PAGES, ROOT, blocks, first_cells, section, text, without_blocks

PAGE = "reference/cli.md"


def commands(name="havenlake", command=None):
    """All commands with their options and the options that take a value."""
    command = command or typer.main.get_command(app)
    found = {name: command}
    for word, inner in getattr(command, "commands", {}).items():
        found |= commands(f"{name} {word}", inner)
    return found


ALL = commands()
LEAVES = {name: command for name, command in ALL.items() if not hasattr(command, "commands")}


def options(command):
    return [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]


def spellings(command):
    return {word for option in options(command) for word in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("name", [name for name in ALL if name in LEAVES or name == "havenlake"])
def test_the_reference_lists_the_options_of_a_command(name):
    listed = {word for words in first_cells(section(PAGE, name)) for word in words if word.startswith("-")}
    listed = {word.split()[0] for word in listed}
    assert listed == spellings(ALL[name])


def test_the_reference_lists_no_other_command():
    headings = re.findall(r"^## (havenlake.*)$", text(PAGE), re.MULTILINE)
    assert headings == list(dict.fromkeys(headings))
    assert set(headings) == {"havenlake", *LEAVES}


def test_every_default_of_the_reference_is_the_programs():
    for name, command in LEAVES.items():
        by_name = {word: option for option in options(command) for word in option.opts}
        for row in re.findall(r"^\| `(--[a-z-]+)`[^|]*\|[^|]*\| ([^|]*) \|$", section(PAGE, name), re.MULTILINE):
            assert row[1].strip("` ") == shown(by_name[row[0]].default), f"{name} {row[0]}"


def shown(default):
    if default is None:
        return ""
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)


def mentions():
    """Command lines in shell blocks and in code form, with their page."""
    for block in blocks("sh", "console", "bash"):
        for line in block.text.splitlines():
            for part in re.split(r"&&|\|", line.removeprefix("$ ").partition(" #")[0]):
                if part.strip().startswith("havenlake "):
                    yield block.name, part.strip()
    for page in PAGES:
        for found in re.findall(r"`(havenlake [^`]+)`", without_blocks(page).replace("\n", " ")):
            yield str(page.relative_to(ROOT)), found


MENTIONS = sorted(set(mentions()))


def parsed(line):
    """The longest known command of a line, and the words after it."""
    words = shlex.split(line)
    known = [n for n in range(len(words), 0, -1) if " ".join(words[:n]) in ALL]
    return " ".join(words[: known[0]]), words[known[0] :]


def test_there_are_command_lines_to_check():
    assert len(MENTIONS) > 40


@pytest.mark.parametrize(("where", "line"), MENTIONS, ids=lambda text: text)
def test_every_command_line_of_the_pages_exists(where, line):
    name, words = parsed(line)
    if name not in LEAVES:
        assert name != "havenlake" or not words or words[0].isupper() or words[0] in ("--version", "…"), where
        return
    unknown = [word for word in words if word.startswith("-") and word not in {*spellings(LEAVES[name]), "--help"}]
    assert unknown == [], where


@pytest.mark.parametrize(("where", "line"), MENTIONS, ids=lambda text: text)
def test_every_whole_command_line_can_be_parsed(where, line):
    name, words = parsed(line)
    if name not in LEAVES or "--help" in words or any("…" in word for word in words):
        return
    whole = [block for block in blocks("sh", "console", "bash") if block.name == where]
    if whole:  # in running text a command may stand without its argument
        LEAVES[name].make_context(name, list(words), resilient_parsing=False)


def test_the_exit_codes_of_the_reference_are_the_programs():
    rules = " ".join(section(PAGE, "Exit codes").split())
    usage = re.search(r"default\): (.*?) give 2;|: ([^:]*?) give 2;", rules)
    assert usage
    words = {2: usage[2] or usage[1], 3: rules.partition("give 2; ")[2].partition(" give 3")[0]}
    patterns = {code: patterns_of(part) for code, part in words.items()}
    for code in CODES:
        told = next((number for number, found in patterns.items() if code.startswith(tuple(found))), 1)
        assert told == exit_code(code), code


def patterns_of(part):
    """`HL-RUN-003`, `-004` as whole codes, `HL-CFG-…` as a prefix."""
    found: list[str] = []
    for word in re.findall(r"`([^`]+)`", part):
        found.append(word.removesuffix("…") if word.startswith("HL") else found[-1][:-4] + word)
    return found
