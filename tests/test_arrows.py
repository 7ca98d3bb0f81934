"""Imports point down: pages to core, topics to what lies beneath them, never up or sideways.

And nothing reaches into another module's private names, or the machine's state, from elsewhere.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TOPICS = ("autoencoder", "loss", "shift_probe", "impact", "shapes", "check", "classifier")

ABOVE_ALL = ("core.__main__", "pages.sections.stage.sequence")
"""What leads through all topics: the command line, and the talk."""

BENEATH = {
    "core.loss": {"core.autoencoder"},  # its subject are the autoencoder's runs
    "core.classifier": {"core.autoencoder"},  # its runs wait, train and are kept beside those
}
"""Topics that may import another one, which then lies beneath them."""


def modules() -> list[str]:
    files = [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return sorted(name.removesuffix(".__init__") for name in names)


MODULES = modules()


def source_of(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8")


def imported(module: str) -> Iterator[str]:
    """What a module imports, in all its functions; a name from a package as a module if it is."""
    for node in ast.walk(ast.parse(source_of(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports from where it stands"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def topic(module: str) -> str | None:
    """The topic that a module belongs to, as "core.impact" or "pages.impact"; None for none."""
    parts = [part for part in module.split(".") if part != "sections"]
    return ".".join(parts[:2]) if len(parts) > 1 and parts[1] in TOPICS else None


def fault(module: str, target: str) -> str | None:
    """Why `module` must not import `target`; None where it may."""
    floor, below = module.split(".")[0], target.split(".")[0]
    if floor == "core" and below in ("streamlit", "pages", "streamlit_app"):
        return "core knows nothing of pages"
    if below == "streamlit_app":
        return "the entry is nobody's part"
    if below not in ("core", "pages") or module in ABOVE_ALL:
        return None
    mine, theirs = topic(module), topic(target)
    if floor == "core" and theirs and theirs != mine and theirs not in BENEATH.get(mine or "", ()):
        return "it points up, or sideways to another topic"
    if below == "pages" and theirs and theirs != mine:
        return "it points up, or sideways to another page"
    return None


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    faults = {target: why for target in imported(module) if (why := fault(module, target))}
    assert not faults


def test_what_is_wrong_is_seen() -> None:
    """The rule itself: each kind of wrong arrow is seen."""
    assert fault("core.layers", "streamlit")
    assert fault("core.layers", "core.impact")
    assert fault("core.impact.paths", "core.shapes")
    assert fault("core.autoencoder.training", "core.loss")
    assert fault("pages.impact", "streamlit_app")
    assert fault("pages.impact", "pages.loss")
    assert fault("pages.shared.charts", "pages.sections.impact.microscope")
    assert fault("pages.sections.impact.microscope", "pages.loss")
    assert fault("pages.sections.stage.vote", "pages.sections.impact.stage")
    assert not fault("pages.sections.stage.sequence", "pages.sections.impact.stage")
    assert not fault("pages.sections.impact.microscope", "pages.shared.charts")
    assert not fault("pages.impact", "core.impact")
    assert not fault("core.impact.paths", "core.layers")


# --- Private names, and what the whole process has ----------------------------------------------

FILES = [file for folder in ("core", "pages", "tests") for file in ROOT.glob(f"{folder}/**/*.py")]
TUPLES = {"_asdict", "_fields", "_make", "_replace"}
"""A named tuple's methods, which are public in spite of their names."""

EXIT = "os._exit"
"""Public, and documented so, in spite of its name."""


def private(name: object) -> bool:
    return isinstance(name, str) and bool(re.fullmatch(r"([\w.]+\.)?_[a-z]\w*", name, re.I))


def reached(tree: ast.Module) -> Iterator[str]:
    """The private names of others that a source reaches: imported, as an attribute, or patched."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if private(alias.name))
        elif isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in TUPLES:
            if ast.unparse(node.value) not in ("self", "cls") and ast.unparse(node) != EXIT:
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("attr"):
            strings = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            yield from (str(string) for string in strings if private(string))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_private_is_reached_from_outside(file: Path) -> None:
    assert list(reached(ast.parse(file.read_text(encoding="utf-8")))) == []


def test_what_is_private_is_seen() -> None:
    wrong = """
from core.data.mnist import _download
registry._threads
setattr(training, "_device", None)
patch.setattr("core.data.mnist._download", None)
"""
    assert len(list(reached(ast.parse(wrong)))) == 4
    right = """
self._threads = point._asdict()
__name__
setattr(training, "device", None)
session_state["_step"]
"""
    assert list(reached(ast.parse(right))) == []


@pytest.mark.parametrize("module", [name for name in MODULES if name != "core.machine"])
def test_the_process_is_touched_in_one_place(module: str) -> None:
    source = source_of(module)
    assert "set_num_threads" not in source
    assert "sys.modules" not in source


# --- Faces --------------------------------------------------------------------------------------

FACES = [f"core.{name}" for name in TOPICS if f"core.{name}" in MODULES]


@pytest.mark.parametrize("face", FACES)
def test_a_face_imports_no_torch(face: str) -> None:
    code = f"import sys, {face}; print([m for m in ('torch', 'streamlit') if m in sys.modules])"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
