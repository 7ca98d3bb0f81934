"""The program to copy counts the very paths that the page shows."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.impact import Impact, Settings, impact
from core.impact.code import Image, program, program_of
from core.layers import Stack, parse_stack
from core.settings import InputError
from tests.app import open_page
from tests.copied import run
from tests.strategies import unless_refused
from tests.test_stack_code import STACKS

FIGURES = re.compile(r"corner (\S+), centre (\S+), maximum (\S+)")


def figures(found: Impact) -> list[float]:
    """Corner, centre and maximum."""
    height, width = found.numerators.shape
    exact = found.numerators[0, 0], found.numerators[height // 2, width // 2], found.maximum
    return [value / found.denominator for value in exact]


def test_every_preset_s_program_prints_the_figures_of_its_maps(tmp_path: Path) -> None:
    app = open_page("impact", guess="243")
    names = [b.key for b in app.button if b.key and b.key.startswith("preset ")]
    assert len(names) >= 7
    for name in names:
        app.button(key=name).click().run()
        assert not app.exception
        (code,) = [element.value for element in app.code if "def show(" in element.value]
        state = app.session_state
        size = state["size"]
        sides = [
            (state["layers"], size),
            (state["against"], state["against_size"] or size),
        ]
        printed = FIGURES.findall("\n".join(run(code, tmp_path)))
        for (layers, length), values in zip(sides, printed, strict=True):
            expected = figures(impact(parse_stack(layers), length, length))
            assert [float(value) for value in values] == pytest.approx(expected, rel=1e-12)
            if max(expected) < 2**53 and "partial" not in layers:
                assert [int(value) for value in values] == expected


@given(STACKS, st.integers(1, 10), st.integers(1, 10))
def test_any_stack_s_program_counts_our_paths(stack: Stack, height: int, width: int) -> None:
    """Pools that hang over and partial padding, too."""
    with unless_refused():
        ours = impact(stack, height, width)
        code = program({"model": Image(stack, height, width)})
    names: dict[str, Any] = {}
    head, *_ = code.partition("\nshow(model")
    exec(compile(head.replace("    print(paths)", "    return paths"), "copied", "exec"), names)
    counted = names["show"](names["model"], height, width).numpy()
    np.testing.assert_allclose(counted, np.asarray(ours.map, float), rtol=1e-12)


def test_the_command_line_s_stack() -> None:
    settings = Settings(5, 7, parse_stack("conv3:same maxpool2:ceil"))
    assert "show(model, 5, 7)" in program_of(settings)
    assert "A pool is written as a convolution" in program_of(settings)
    with pytest.raises(InputError, match="Keras's pools"):
        program_of(Settings(5, 7, parse_stack("maxpool2:ceil"), "keras"))


def test_fifty_equal_layers_take_one_line() -> None:
    code = program_of(Settings(224, None, parse_stack("conv3 " * 50)))
    assert "*[nn.Conv2d(1, 1, 3) for _ in range(50)],  # 222×222×1 to 124×124×1" in code
    assert len(code.splitlines()) < 30
