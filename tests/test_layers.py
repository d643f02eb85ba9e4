"""The direction of imports and the manner of the code, read from the syntax tree: nothing is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "vnclone"
MAX_LINES = 500

# What each room may import, besides itself. A file of the package's own folder is a room by its own name.
BOTTOM = {"errors", "settings", "sandbox", "confine", "disk", "models"}
LOW = {"text", "documents", "audio", "engines", "pools", "store"}
BELOW_SERVICES = LOW | BOTTOM
BELOW_DOORS = BELOW_SERVICES | {"services", "wire"}
ALLOWED = {
    "models": set(),
    "errors": {"models"},
    "settings": {"models", "errors"},
    "confine": set(),
    "sandbox": {"models", "errors", "settings", "confine"},
    "disk": {"models", "errors", "settings"},
    "text": BOTTOM,
    "documents": BOTTOM | {"text"},
    "audio": BOTTOM,
    "engines": BOTTOM | {"audio"},
    "pools": BOTTOM | {"engines", "audio"},
    "store": BOTTOM,
    "services": BELOW_SERVICES,
    "wire": BELOW_SERVICES | {"services"},
    "ui": BELOW_DOORS | {"web"},  # the page's handlers ask web who is calling and for signed links; never the other way
    "web": BELOW_DOORS,
    "serve": BELOW_DOORS | {"web", "ui"},
    "cli": BELOW_DOORS | {"serve"},
    "app": {"cli"},
    "__main__": {"cli"},
}
READS_ENVIRONMENT = {"settings", "sandbox"}  # sandbox only hands a child what it may see
SETS_ENVIRONMENT = {"app", "serve", ""}  # before what reads it is imported
DOORS = {"ui", "web", "cli", "pools", "services"}  # where an unexpected error becomes one plain sentence


def modules(root: Path) -> dict[str, Path]:
    """Dotted name -> file, of the package under `root` and of app.py beside it."""
    files = sorted((root / PACKAGE).rglob("*.py")) + [p for p in (root / "app.py",) if p.exists()]
    return {".".join(p.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): p for p in files}


def room(module: str) -> str:
    """`vnclone.audio.files` is in the room `audio`, `vnclone.wire` in `wire`, the package itself in ``."""
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else "" if module == PACKAGE else parts[0]


def imports(tree: ast.AST, known: dict[str, Path], at_import: bool = False) -> set[str]:
    """The package's own modules that `tree` imports; with `at_import` only those met while the module is loaded."""
    found: set[str] = set()
    for node in _loaded(tree) if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {name if (name := f"{node.module}.{a.name}") in known else node.module for a in node.names}
    return {name for name in found if name.split(".")[0] == PACKAGE}


def _loaded(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is loaded: no function bodies, nothing for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _loaded(node)


def wrong_directions(root: Path) -> list[str]:
    """Imports that go up or sideways, and relative ones, as sentences."""
    known, wrong = modules(root), []
    for name, path in known.items():
        here, tree = room(name), ast.parse(path.read_text("utf-8"))
        wrong += [f"{name} imports relatively" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
        if here not in ALLOWED and here != "":
            wrong.append(f"{name} is in the unknown room {here}")
            continue
        for target in sorted(imports(tree, known)):
            there = room(target)
            if there not in {here, "", *ALLOWED.get(here, ())}:
                wrong.append(f"{name} imports {target}: {here} may not know {there}")
    return wrong


def circles(root: Path) -> list[str]:
    """Modules that need each other while they are loaded."""
    known = modules(root)
    graph = {name: imports(ast.parse(path.read_text("utf-8")), known, True) for name, path in known.items()}
    done: set[str] = set()
    found: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" -> ".join((*path[path.index(name) :], name)))
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())
    return found


def untidy(root: Path) -> list[str]:
    """Files that are too long or do not say what they are for."""
    wrong = []
    for name, path in modules(root).items():
        source = path.read_text("utf-8")
        if (lines := source.count("\n")) > MAX_LINES:
            wrong.append(f"{name} has {lines} lines, more than {MAX_LINES}")
        if not ast.get_docstring(ast.parse(source)):
            wrong.append(f"{name} does not open with a docstring")
    return wrong


def environment_readers(root: Path) -> list[str]:
    """Places that read the environment outside settings. What starts the app may set variables, never read them."""
    wrong = []
    for name, path in modules(root).items():
        if room(name) in READS_ENVIRONMENT:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        setting = {id(node) for node in ast.walk(tree) if room(name) in SETS_ENVIRONMENT and _sets_environment(node)}
        allowed = _inside(tree, setting)
        hits = [node for node in ast.walk(tree) if _touches_environment(node) and id(node) not in allowed]
        wrong += [f"{name}, line {node.lineno}: {ast.unparse(node)}" for node in hits]
    return wrong


def _touches_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return not {alias.name for alias in node.names}.isdisjoint({"environ", "environb", "getenv"})
    return isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}


def _sets_environment(node: ast.AST) -> bool:
    """`os.environ[name] = …`, `os.environ |= …`, or setdefault or update whose answer nobody takes."""
    if isinstance(node, ast.AugAssign):
        return ast.unparse(node.target) == "os.environ"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) in {"os.environ.setdefault", "os.environ.update"}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Subscript) and ast.unparse(target.value) == "os.environ" for target in targets)


def _inside(tree: ast.AST, roots: set[int]) -> set[int]:
    return {id(n) for node in ast.walk(tree) if id(node) in roots for n in ast.walk(node)}


def catch_alls(root: Path) -> list[str]:
    """`except Exception`, `except BaseException` and bare `except` that are not a door file's one marked line.

    A handler that cleans up, or looks at the error, and then raises it again catches nothing.
    """
    wrong = []
    for name, path in modules(root).items():
        source = path.read_text("utf-8")
        lines, marked = source.splitlines(), 0
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                if "# noqa: BLE001" in lines[node.lineno - 1] and room(name) in DOORS:
                    marked += 1
                else:
                    wrong.append(f"{name}, line {node.lineno}: {lines[node.lineno - 1].strip()}")
        if marked > 1:
            wrong.append(f"{name} catches everything in {marked} places, more than one")
    return wrong


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler)):
        return False
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(k is None or ast.unparse(k).removeprefix("builtins.") in {"Exception", "BaseException"} for k in kinds)


CHECKS = (wrong_directions, circles, untidy, environment_readers, catch_alls)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_code_keeps_its_own_rules(check):
    assert len(modules(ROOT)) > 20, "the checker found almost no code: it would pass anything"
    assert check(ROOT) == []


BAD = {
    "vnclone/__init__.py": '"""Reads aloud."""',
    "vnclone/models.py": '"""Nouns."""\nfrom vnclone import errors',
    "vnclone/errors.py": '"""Errors."""\nimport vnclone.models',
    "vnclone/text/__init__.py": '"""Strings."""\nfrom vnclone.audio import files',
    "vnclone/audio/__init__.py": '"""Sound."""',
    "vnclone/audio/files.py": '"""Files."""\nimport os\nDATA = os.environ["HOME"]\nPATH = os.getenv("PATH")',
    "vnclone/store/__init__.py": "import sqlite3\ntry:\n    pass\nexcept (OSError, Exception):\n    pass",
    "vnclone/web/__init__.py": '"""HTTP."""\nfrom . import routes',
    "vnclone/web/routes.py": '"""Routes."""\n' + "try:\n    pass\nexcept Exception:  # noqa: BLE001\n    pass\n" * 2,
    "vnclone/lost/__init__.py": '"""In no room."""\n' + "\n" * 501,
    "vnclone/ui/__init__.py": '"""Widgets."""\ntry:\n    pass\nexcept BaseException:\n    print()\n    raise',
    "app.py": '"""Starts."""\nimport os\nos.environ["A"] = "1"\nos.environ |= {}\nos.getenv("")',
}


@pytest.fixture
def bad_tree(tmp_path):
    for name, source in BAD.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source + "\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (wrong_directions, ["vnclone.models imports vnclone.errors", "vnclone.text imports vnclone.audio.files"]),
        (wrong_directions, ["vnclone.web imports relatively", "vnclone.lost is in the unknown room lost"]),
        (circles, ["vnclone.errors -> vnclone.models -> vnclone.errors"]),
        (untidy, ["vnclone.lost has 503 lines", "vnclone.store does not open with a docstring"]),
        (environment_readers, ["app, line 5", "vnclone.audio.files, line 3", "vnclone.audio.files, line 4"]),
        (catch_alls, ["vnclone.store, line 4", "vnclone.web.routes catches everything in 2 places"]),
    ],
)
def test_the_checker_sees_what_is_wrong(check, expected, bad_tree):
    found = check(bad_tree)
    for start in expected:
        assert any(sentence.startswith(start) for sentence in found), (start, found)


def test_what_starts_the_app_may_set_the_environment(bad_tree):
    assert [said for said in environment_readers(bad_tree) if said.startswith("app")] == ["app, line 5: os.getenv"]


def test_an_error_raised_again_is_not_caught(bad_tree):
    assert not [said for said in catch_alls(bad_tree) if "vnclone.ui" in said]


def test_an_import_for_type_checkers_makes_no_circle(tmp_path):
    room_of = tmp_path / PACKAGE
    room_of.mkdir()
    guarded = '"""One."""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import vnclone.two'
    (room_of / "one.py").write_text(guarded, "utf-8")
    (room_of / "two.py").write_text('"""Two."""\nimport vnclone.one', "utf-8")
    assert circles(tmp_path) == []
