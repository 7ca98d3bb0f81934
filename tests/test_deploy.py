"""What an installer brings to a server, against a stand-in for PyPI and for PyTorch's own index.

Streamlit Community Cloud installs with uv, and with pip where uv fails. So the line that the README
gives has to work with both. Nothing is installed: both print what they would.
"""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.servers import served

ROOT = Path(__file__).parents[1]
REQUIREMENTS = (ROOT / "requirements.txt").read_text()
PYTORCH = "https://download.pytorch.org"
INSTALLERS = {
    "uv": ("-m", "uv", "pip", "install", "--no-config"),
    "pip": ("-m", "pip", "--isolated", "install", "--disable-pip-version-check"),
}


def readme_line() -> str:
    found = re.search(rf"^--.*{re.escape(PYTORCH)}.*$", (ROOT / "README.md").read_text(), re.M)
    assert found, "the README gives a line for requirements.txt"
    return found[0]


def wheel(folder: Path, name: str, version: str, needs: str = "") -> Path:
    """A wheel with nothing in it but what an installer reads."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(written, "w") as file:
        requires = f"Requires-Dist: {needs}\n" if needs else ""
        file.writestr(
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    return written


def index(folder: Path, wheels: Mapping[str, tuple[Path, ...]]) -> None:
    """An index's pages: a project each, with links to its files."""
    for name, files in wheels.items():
        (folder / name).mkdir(parents=True)
        links = "".join(
            f'<a href="/files/{file.name.replace("+", "%2B")}">{file.name}</a>\n' for file in files
        )
        (folder / name / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body>")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """PyPI at /simple, PyTorch's index at /whl/cpu, which lists another NumPy, too."""
    root = tmp_path_factory.mktemp("index")
    files = root / "files"
    pinned = dict(re.findall(r"^([\w-]+)==([^;\s]+)", REQUIREMENTS, re.MULTILINE))
    index(
        root / "simple",
        {
            "nvidia-cublas": (wheel(files, "nvidia_cublas", "13.1.1.3"),),
            **{
                name: (
                    wheel(
                        files, name, version, "nvidia-cublas==13.1.1.3" if name == "torch" else ""
                    ),
                )
                for name, version in pinned.items()
            },
        },
    )
    index(
        root / "whl" / "cpu",
        {
            "torch": (
                wheel(files, "torch", "2.12.0+cpu"),
                wheel(files, "torch", f"{pinned['torch']}+cpu"),
            ),
            "numpy": (wheel(files, "numpy", "1.26.4"),),
        },
    )
    with served(partial(Quiet, directory=str(root))) as host:
        yield f"http://{host}"


def would_install(
    installer: str, address: str, line: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Ask an installer what it would bring into an empty environment."""
    asked = folder / "requirements.txt"
    asked.write_text(line.replace(PYTORCH, address) + "\n" + REQUIREMENTS)
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_")) and "proxy" not in name.lower()
    }
    return subprocess.run(
        [
            *(sys.executable, *INSTALLERS[installer], "--dry-run"),
            *("--target", str(folder / "target"), "--index-url", f"{address}/simple"),
            *("-r", str(asked)),
        ],
        env=plain | {"UV_CACHE_DIR": str(folder / "cache"), "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_line_brings_the_small_torch_and_the_pinned_numpy(
    installer: str, address: str, tmp_path: Path
) -> None:
    done = would_install(installer, address, readme_line(), tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert re.search(r"torch(==|-)2\.13\.0\+cpu", said)
    assert re.search(r"numpy(==|-)2\.4\.6", said)
    assert "nvidia" not in said


@pytest.mark.parametrize("installer", INSTALLERS)
def test_without_it_the_cuda_libraries_come_along(
    installer: str, address: str, tmp_path: Path
) -> None:
    done = would_install(installer, address, "", tmp_path)
    assert done.returncode == 0
    assert "nvidia" in done.stdout + done.stderr


def test_uv_refuses_an_extra_index_that_lists_another_numpy(address: str, tmp_path: Path) -> None:
    done = would_install("uv", address, f"--extra-index-url {PYTORCH}/whl/cpu", tmp_path)
    assert done.returncode != 0
    assert "numpy" in done.stderr
