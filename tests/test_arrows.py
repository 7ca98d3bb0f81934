"""Imports point down: pages to core, topics to what lies beneath them, never up or sideways."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TOPICS = ("autoencoder", "loss", "shift_probe", "impact", "shapes", "check")

BENEATH = {
    "core.loss": {"core.autoencoder"},  # its subject are the autoencoder's runs
}
"""Topics that may import another one, which then lies beneath them."""


def modules() -> list[str]:
    files = [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return sorted(name.removesuffix(".__init__") for name in names)


MODULES = modules()


def imported(module: str) -> Iterator[str]:
    """What a module imports, in all its functions; a name from a package as a module if it is."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
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
    if below not in ("core", "pages") or module == "core.__main__":
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
    """The rule itself: each kind of wrong arrow is one."""
    assert fault("core.layers", "streamlit")
    assert fault("core.layers", "core.impact")
    assert fault("core.impact.paths", "core.shapes")
    assert fault("core.autoencoder.training", "core.loss")
    assert fault("pages.impact", "streamlit_app")
    assert fault("pages.impact", "pages.loss")
    assert fault("pages.shared.charts", "pages.sections.impact.kernel_walk")
    assert fault("pages.sections.impact.kernel_walk", "pages.loss")
    assert not fault("pages.sections.impact.kernel_walk", "pages.shared.charts")
    assert not fault("pages.impact", "core.impact")
    assert not fault("core.impact.paths", "core.layers")


FACES = [f"core.{name}" for name in TOPICS if f"core.{name}" in MODULES]


@pytest.mark.parametrize("face", FACES)
def test_a_face_imports_no_torch(face: str) -> None:
    code = f"import sys, {face}; print([m for m in ('torch', 'streamlit') if m in sys.modules])"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
