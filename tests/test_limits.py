"""What a visitor may ask of the server: one table, in the README too, changed by variables."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from core import limits
from core.limits import Limits, read, variable
from core.settings import InputError, domain
from tests.app import errors, open_page

ROOT = Path(__file__).parents[1]


def test_the_readme_lists_every_limit() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(PADDING_LAB_\w+)` \| (.*?) \| (.*?) \|$", readme, re.MULTILINE)
    assert listed == [
        (variable(f.name), f"{f.default:,} {f.metadata['unit']}", f.metadata["help"])
        for f in fields(Limits)
    ]


def test_without_variables_the_limits_are_the_declared_ones() -> None:
    assert read({}) == Limits()
    assert read({variable("queue"): "", "PADDING_LAB_CACHE": "/x"}) == Limits()


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_each_limit_has_its_variable(name: str) -> None:
    allowed = domain(Limits, name)
    assert getattr(read({variable(name): "7"} if 7 in allowed else {}), name) in allowed
    for wrong in ("x", "-1", "1.5", "inf", "9" * 6_000):
        with pytest.raises(InputError) as caught:
            read({variable(name): wrong})
        message = str(caught.value)
        assert message.startswith(f"{variable(name)} must be {allowed}, not {wrong[:40]!r}")
        assert len(message) < 200


@pytest.fixture
def forgotten() -> Iterator[None]:
    """The process reads its limits anew, within the test and after it."""
    limits.limits.cache_clear()
    yield
    limits.limits.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_a_page_says_which_variable_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDING_LAB_WORKERS", "*many*")
    (said,) = errors(open_page("shapes"))
    assert said.replace("\\", "").startswith(
        "PADDING_LAB_WORKERS must be a whole number from 1 to 64, not '*many*'"
    )


def test_the_command_line_says_which_variable_is_wrong() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "core", "warm", "--list"],
        cwd=ROOT,
        env=os.environ | {"PADDING_LAB_QUEUE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 2
    assert found.stderr == (
        "error: PADDING_LAB_QUEUE must be a whole number from 2 to 10000, not '1'\n"
    )
