"""The documentation says what the program does: names, commands, routes, codes, quotes and examples are all there."""

import ast
import json
import re
import shlex
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from pydantic import BaseModel

from bot.cli import app as command_line
from bot.domain.states import CaseState, Consent, Control, TextState
from bot.engine.script import ANSWER_WORDS, RECORDS, RESERVED_STEPS
from bot.escalations.desk import CALL_OUTCOMES, CLOSE_OUTCOMES
from bot.gateways.account import Account
from bot.gateways.registry import gateway_class, kinds, load_account
from bot.gateways.relay_seal import new_keys
from bot.scripts.dialogue import dialogue_files, parse_dialogue
from bot.scripts.load import load_bundle
from bot.scripts.play import play
from bot.scripts.reader import load_reader
from bot.scripts.simulate import Simulation
from bot.scripts.steps import MOVE_KEYS, STEP_KEYS
from bot.settings import PREFIX, Settings, load_settings
from bot.web import console, public
from bot.web.app import make_app
from bot.web.console.words import words_of
from bot.web.demo import api, page
from bot.web.demo.carrier import Carrier
from bot.web.webhook import views as webhook
from tests.support.child import Child

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONVERSATIONS = ROOT / "conversations"
PAGES = sorted(
    path for folder in (".", "bot", "config", "conversations", "conversations/reading", "docs", "tests")
    for path in (ROOT / folder).glob("*.md")
)  # fmt: skip
LARGEST_IMAGE = 250_000
# Where a default depends on the machine, how docs/operators.md tells it.
DEFAULTS_IN_WORDS = {
    "data_dir": "~/.local/share/mimamori",
    "key_file": "data_dir/keys.json",
    "conversations": "付属 / shipped",
    "gateways": "-",
}
# Groups whose command may be left out.
UNSAID = {"mimamori triage": "mimamori triage read"}
# What a reader's shell has, beside our own commands.
SHELL = {
    "cd", "chmod", "chown", "cp", "createdb", "curl", "docker", "fakesmsc", "git", "mkdir", "openssl", "pip", "printf",
    "python", "python3", "sqlite3", "sudo", "systemctl", "tar", "useradd",
}  # fmt: skip


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


def doc(name):
    return text_of(DOCS / name)


def fences(text, language):
    """The fenced blocks of a language, each with what follows the language in its first line."""
    found = re.findall(rf"^```{language}(?: ([^\n]*))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(info, body) for info, body in found]


def named(word, text):
    """Whether ``text`` has ``word`` as code."""
    return re.search(rf"`{re.escape(word)}`", text) is not None


# -- links and images ------------------------------------------------------------------------------------------------
def targets(path):
    plain = re.sub(r"^```.*?^```$", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", plain))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path):
    local = [target.partition("#")[0] for target in targets(path) if "://" not in target and target[0] != "#"]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        pages = [target.partition("#")[0] for target in targets(path) if "://" not in target]
        waiting += [(path.parent / target).resolve() for target in pages if target.endswith(".md")]
    assert {path for path in PAGES if path.parent == DOCS} <= reached


def test_every_image_is_shown_and_light():
    images = sorted((DOCS / "images").iterdir())
    shown = {
        (path.parent / target).resolve()
        for path in PAGES
        for target in targets(path)
        if target.endswith((".png", ".svg"))
    }
    assert images
    assert set(images) == shown
    assert [image.name for image in images if image.stat().st_size > LARGEST_IMAGE] == []


# -- settings --------------------------------------------------------------------------------------------------------
def default_in_words(name):
    field = Settings.model_fields[name]
    value = field.get_default(call_default_factory=True)
    if name in DEFAULTS_IN_WORDS:
        return DEFAULTS_IN_WORDS[name]
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat("minutes") if hasattr(value, "isoformat") else str(value)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_variable_and_default(name):
    (row,) = [line for line in doc("operators.md").splitlines() if line.startswith(f"| `{name}` |")]
    cells = [cell.strip().strip("`") for cell in row.split("|")[1:-1]]
    assert cells[1] == PREFIX + name.upper()
    assert cells[2] == (default_in_words(name) or "-")


def test_the_example_settings_change_nothing_as_they_stand():
    assert tomllib.loads(text_of(ROOT / "config" / "mimamori.toml")) == {}


def test_the_example_settings_hold_every_setting_with_its_default(tmp_path):
    lines = re.sub(r"(?m)^#(?=\w+ = )", "", text_of(ROOT / "config" / "mimamori.toml"))
    file = tmp_path / "mimamori.toml"
    file.write_text(lines, encoding="utf-8")
    settings, defaults = load_settings(file, {}), Settings()
    assert set(tomllib.loads(lines)) == set(Settings.model_fields)
    plain = set(Settings.model_fields) - DEFAULTS_IN_WORDS.keys()
    assert settings.model_dump(include=plain) == defaults.model_dump(include=plain)


# -- commands --------------------------------------------------------------------------------------------------------
def commands(command, path=("mimamori",)):
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(command_line)))


def options_of(command):
    parameters = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
    return [name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_options(name):
    text = doc("commands.md")
    sections = dict(re.findall(r"^##+ `([^`\n]+)`[^\n]*\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert name in sections
    common = sections["mimamori"]
    missing = [option for option in options_of(COMMANDS[name]) if not named(option, sections[name] + common)]
    assert missing == []


def lines_of_shell():
    """The lines that a reader would type, each with its page."""
    for path in PAGES:
        name = path.relative_to(ROOT).as_posix()
        for _, body in fences(text_of(path), "sh"):
            yield from ((name, line) for line in re.sub(r"\\\n\s*", "", body).splitlines() if line.strip())
        for _, body in fences(text_of(path), "console"):
            yield from ((name, line[2:]) for line in body.splitlines() if line.startswith("$ "))


def words_of_commands(line):
    """The words of each command of a line, without what is set or redirected."""
    words = shlex.split(line, comments=True)
    command = []
    for word in [*words, "|"]:
        if word in {"|", "&&", ";", "||"}:
            if command:
                yield command
            command = []
        elif command or "=" not in word:
            command.append(word)


def wrong_with(command):
    """What does not exist of a command; None where all does."""
    name, *rest = command
    name = Path(name).name
    if name == "make":
        known = re.findall(r"^([a-z]\w*):", text_of(ROOT / "Makefile"), re.MULTILINE)
        return next((f"make {word}" for word in rest if "=" not in word and word not in known), None)
    if name != "mimamori":
        return None if name in SHELL else name
    path = "mimamori"
    while rest and f"{path} {rest[0]}" in COMMANDS:
        path = f"{path} {rest.pop(0)}"
    path = UNSAID.get(path, path)
    given = [word.partition("=")[0] for word in rest if word.startswith("--")]
    unknown = [option for option in given if option not in [*options_of(COMMANDS[path]), "--help"]]
    nameless = rest and not given and hasattr(COMMANDS[path], "commands")
    return f"{path} {rest}" if unknown or nameless else None


def test_every_shell_command_in_the_documentation_exists():
    wrong = [
        (path, problem)
        for path, line in lines_of_shell()
        for command in words_of_commands(line)
        if (problem := wrong_with(command))
    ]
    assert wrong == []


# -- words and codes -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("word", [*ANSWER_WORDS, *RECORDS, *RESERVED_STEPS, *STEP_KEYS, *MOVE_KEYS])
def test_every_word_of_a_script_is_documented(word):
    assert named(word, doc("managers.md"))


def strings_of(node, constants):
    """The texts that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return strings_of(node.body, constants) | strings_of(node.orelse, constants)
    return {constants[node.id]} if isinstance(node, ast.Name) and node.id in constants else set()


def codes_in_code(*calls):
    """The second argument of each call of those names in the engine and the inbox (of ``call`` the first)."""
    codes = set()
    for path in [*(ROOT / "bot" / "engine").glob("*.py"), *(ROOT / "bot" / "inbox").glob("*.py")]:
        tree = ast.parse(text_of(path))
        assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
        constants = {node.targets[0].id: node.value.value for node in assigned}
        for node in ast.walk(tree):
            name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else None
            if name in calls and node.args:
                codes |= strings_of(node.args[0 if name in {"call", "CallAdded"} else 1], constants)
    return codes


def reasons_of_moves():
    """What a script's own escalations are called, by the answer that led to them."""
    tree = ast.parse(text_of(ROOT / "bot" / "engine" / "turn.py"))
    (node,) = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "_REASONS"]
    return {*ast.literal_eval(node.value).values(), "script"}


def calls_of_scripts():
    scripts = [text_of(path) for path in CONVERSATIONS.glob("*/script.yaml")]
    return {code for script in scripts for code in re.findall(r"\bcall: (\w+)", script)}


def rows_after(heading, text):
    section = re.split(rf"^##+ [^\n]*{re.escape(heading)}[^\n]*\n", text, flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_every_reason_of_an_escalation_is_explained():
    explained = rows_after("理由と、すること", doc("staff.md"))
    assert codes_in_code("escalate", "Escalated") | reasons_of_moves() <= explained
    assert explained == words_of("reason").keys()


def test_every_reason_of_a_call_is_explained():
    explained = rows_after("電話リスト", doc("staff.md"))
    assert codes_in_code("call", "CallAdded") | calls_of_scripts() <= explained
    assert explained == words_of("call").keys()


@pytest.mark.parametrize(
    "kind, page", [(Control, "staff.md"), (TextState, "staff.md"), (Control, "demo-api.md"), (Consent, "demo-api.md"),
                   (CaseState, "demo-api.md"), (CLOSE_OUTCOMES, "staff.md"), (CALL_OUTCOMES, "staff.md")],
)  # fmt: skip
def test_every_state_and_outcome_is_named(kind, page):
    assert [str(word) for word in kind if not named(str(word), doc(page))] == []


def test_every_language_of_the_reader_is_named():
    languages = [path.stem for path in (CONVERSATIONS / "reading").glob("*.yaml")]
    assert len(languages) > 1
    assert [language for language in languages if not named(language, doc("reading.md"))] == []


# -- routes ----------------------------------------------------------------------------------------------------------
def routes():
    """Method and address of everything that the demo serves."""
    app = make_app(1024)
    ports = SimpleNamespace(session_key=bytes(32), secure_cookies=False, clock=None)
    webhook.setup(app, ports)
    Carrier.__new__(Carrier).setup(app)
    api.setup(app, ports)
    page.setup(app)
    console.setup(app, ports)
    public.setup(app, ports)
    return sorted({(route.method, route.resource.canonical) for route in app.router.routes() if route.method != "HEAD"})


def test_every_route_of_the_demo_is_documented():
    text = doc("demo-api.md")
    missing = [
        f"{method} {path}"
        for method, path in routes()
        if path.startswith("/demo/api/") and not named(f"{method} {path}", text)
    ]
    pages = [path for _, path in routes() if not path.startswith(("/demo/api/", "/console", "/webhook", "/sender"))]
    assert missing == []
    assert [path for path in pages if not re.search(rf"`(?:GET )?{re.escape(path)}`", text)] == []


def test_every_route_of_the_webhook_is_documented():
    paths = [f"{method} {path}" for method, path in routes() if path.startswith("/webhook")]
    assert paths
    assert [path for path in paths if not named(path, doc("integrators.md"))] == []


def test_every_route_of_the_console_is_documented():
    paths = [path for _, path in routes() if path.startswith("/console")]
    assert paths
    assert [path for path in paths if not named(path, doc("staff.md"))] == []


def test_every_route_of_the_public_pages_is_documented():
    paths = [path for _, path in routes() if path.startswith("/sender")]
    assert paths
    assert [path for path in paths if not named(path, doc("operators.md"))] == []


# -- gateways --------------------------------------------------------------------------------------------------------
ROADS = [kind for kind in kinds() if kind != "sandbox"]
EXAMPLES = ROOT / "config" / "gateways"
# Secrets of an example that cannot be any sixteen letters.
REAL_SECRETS = {"SMPP_PASSWORD": "secret12", "RELAY_INSIDE_KEY": new_keys()["inside.key"]}


def example(kind):
    return text_of(EXAMPLES / f"{kind}.toml")


DESCRIBED = re.findall(r"^\| `(\w+)` \| \[", doc("gateways.md"), re.MULTILINE)


def test_every_gateway_of_the_overview_exists():
    """A new one may come without a section (tests/gateways/test_adding_a_provider.py); these have theirs."""
    assert len(DESCRIBED) >= 15
    assert set(DESCRIBED) <= set(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_every_gateway_has_a_table_test(kind):
    assert list((ROOT / "tests").glob(f"*/test_{kind}.py"))


@pytest.mark.parametrize("kind", ROADS)
def test_every_gateway_has_an_example_that_loads_as_it_stands(kind, monkeypatch):
    for name in re.findall(r"env:(\w+)", example(kind)):
        monkeypatch.setenv(name, REAL_SECRETS.get(name, "0123456789abcdef"))
    assert load_account(EXAMPLES / f"{kind}.toml").name == kind


def keys_of(model):
    """The settings of an account, with those of the tables in it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from keys_of(inner)


@pytest.mark.parametrize("kind", ROADS)
def test_every_setting_of_a_gateway_is_in_its_example_or_on_the_page(kind):
    common = set(Account.model_fields)
    assert [name for name in common if not named(name, doc("gateways.md"))] == []
    own = set(keys_of(gateway_class(kind).settings)) - common
    told = example(kind) + example("generic") + doc("gateways.md")  # the proof of any HTTP API is explained once
    assert [name for name in sorted(own) if not re.search(rf"\b{name}\b", told)] == []


@pytest.mark.parametrize("kind", DESCRIBED)
def test_every_gateway_has_a_section_with_its_example_retries_and_limits(kind):
    title = re.search(rf"^\| `{kind}` \| \[[^\]]+\]\(#([^)]+)\)", doc("gateways.md"), re.MULTILINE)[1]
    sections = {slug(heading): body for heading, body in sections_of(doc("gateways.md"))}
    section = sections[title]
    assert "日本語の要約" in section
    assert f"{kind}.toml" in section
    assert re.search(r"retr|再送|送り直", section, re.IGNORECASE)
    assert re.search(r"minutes|Ten minutes|はじめ", section)


def sections_of(text):
    plain = re.sub(r"^```.*?^```$", lambda fence: re.sub("(?m)^", " ", fence[0]), text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", plain, re.MULTILINE | re.DOTALL)


def slug(heading):
    """The anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


# -- quotes and examples ---------------------------------------------------------------------------------------------
PROGRAMS = {path.relative_to(CONVERSATIONS).as_posix(): name for path, name in dialogue_files(CONVERSATIONS, None)}
QUOTES = [(path.name, source, body) for path in PAGES for source, body in fences(text_of(path), "sms")]


bundles = cache(lambda program: load_bundle(CONVERSATIONS, program))
reader = cache(lambda: load_reader(CONVERSATIONS))


@cache
def as_it_goes(source):
    """The dialogue as it really goes, without its checks."""
    dialogue, issues = parse_dialogue(source, text_of(CONVERSATIONS / source), PROGRAMS[source])
    assert issues == []
    world = Simulation(bundles, dialogue.program, reader(), dialogue.start)
    lines = play(dialogue, world).updated.splitlines()
    return "\n".join(line for line in lines if not line.startswith("check")) + "\n"


@pytest.mark.parametrize("name, source, body", QUOTES, ids=[f"{name}-{source}" for name, source, _ in QUOTES])
def test_every_quoted_text_is_what_residents_get(name, source, body):
    assert body in as_it_goes(source)


MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T[\d:.]+\+\d\d:\d\d)?$")


def agrees(told, got):
    """Whether an answer is as documented: times are times, and what stands for left-out text may be any text."""
    if isinstance(told, dict):
        return isinstance(got, dict) and told.keys() == got.keys() and all(agrees(told[key], got[key]) for key in told)
    if isinstance(told, list):
        return isinstance(got, list) and len(told) == len(got) and all(map(agrees, told, got))
    if isinstance(told, str) and MOMENT.match(told):
        return isinstance(got, str) and bool(MOMENT.match(got)) and (len(told) > 10) == (len(got) > 10)
    if isinstance(told, str) and told.endswith("…"):
        return isinstance(got, str) and got.startswith(told[:-1])
    return type(told) is type(got) and told == got


def ask(line, port):
    """Send what a ``curl`` line of the page sends."""
    words = shlex.split(line)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    data = words[words.index("-d") + 1].encode() if "-d" in words else None
    (url,) = [word for word in words if word.startswith("http://")]
    request = urllib.request.Request(url.replace(":8080", f":{port}"), data, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


@pytest.mark.slow
def test_the_examples_of_the_demo_api_come_out_as_written(child, free_port, tmp_path):
    child("demo", "--data", tmp_path, "--port", free_port, "--no-samples", ready="Ready", seconds=60)
    examples = re.findall(
        r"^```sh\n(curl [^\n]*)\n```\n(?:\n```http\nHTTP/1.1 (\d+)[^\n]*\n\n(.*?)^```$)?",
        doc("demo-api.md"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(examples) > 20
    for line, status, body in examples:
        got_status, got = ask(line, free_port)
        assert got_status == int(status or got_status) < 500, line
        assert not body or agrees(json.loads(body), got), (line, got)


@pytest.mark.slow(seconds=35)
@pytest.mark.browser
def test_the_story_can_be_played_and_its_pictures_made_again(chromium_path, reaper, tmp_path):
    assert chromium_path
    maker = Child([sys.executable, "-m", "docs.make_screenshots", tmp_path], reaper)
    try:
        assert maker.wait(seconds=300) == 0, maker.output
    finally:
        maker.kill()
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (DOCS / "images").glob("*.png")}
