"""Everything that is found in a network agrees with the same network run by torch."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.check.findings import contaminated, unseen
from core.check.graph import Graph, chain
from core.check.leaks import quick_leak, stride_of
from core.check.paths import count
from core.check.walk import Walk, walk
from core.impact import impact
from core.steps import walk as walk_steps
from tests.check.networks import Run, graphs
from tests.strategies import stacks, unless_refused

SIZES = st.tuples(st.integers(4, 9), st.integers(4, 9))


def laid(graph: Graph, size: tuple[int, int]) -> Walk:
    """The network on an image; drawn again where nothing of it can be laid."""
    with unless_refused():
        found = walk(graph, *size)
    assume(len(found.places) > 1)
    return found


def image(found: Walk, value: float = 1.0) -> torch.Tensor:
    channels = found.places["input"].channels
    made = torch.full((1, channels, found.height, found.width), value, dtype=torch.float64)
    return made.requires_grad_()


def known(found: Walk) -> Graph:
    """The part of the network that could be laid."""
    return Graph(tuple(node for node in found.graph.nodes if node.name in found.places))


def impact_by_torch(found: Walk, run: Run, ends: list[str], given: torch.Tensor) -> np.ndarray:
    total = torch.stack([run.values[name].sum() for name in ends]).sum()
    (gradient,) = torch.autograd.grad(total, given)
    return gradient[0, 0].numpy()


@settings(deadline=None, max_examples=60)
@given(graphs(), SIZES)
def test_sizes_are_those_of_torch(graph: Graph, size: tuple[int, int]) -> None:
    found = laid(graph, size)
    run = Run(known(found), image(found))
    for name, place in found.places.items():
        height, width, channels = place.output
        assert run.values[name].shape == (1, channels, height, width), name


@settings(deadline=None, max_examples=60)
@given(graphs(), SIZES)
def test_ways_and_rows_that_are_unseen_are_those_of_autograd(
    graph: Graph, size: tuple[int, int]
) -> None:
    found = laid(graph, size)
    given = image(found)
    run = Run(known(found), given)
    ways = impact_by_torch(found, run, [place.node.name for place in found.ends], given)
    counts = count(found)
    assert counts.shares == pytest.approx(ways / max(1, ways.max()), rel=1e-12)
    rows, columns = unseen(found)
    if ways.max() and found.complete:  # what could not be laid counts as reading everything
        assert counts.corner_to_max == pytest.approx(
            ways[0, 0] / ways.max(), rel=max(counts.error, 1e-15)
        )
        assert rows.tolist() == np.flatnonzero(~ways.any(axis=1)).tolist()
        assert columns.tolist() == np.flatnonzero(~ways.any(axis=0)).tolist()


@settings(deadline=None, max_examples=60)
@given(graphs(), SIZES)
def test_padding_reaches_where_a_marked_ring_shows(graph: Graph, size: tuple[int, int]) -> None:
    found = laid(graph, size)
    run = Run(known(found), image(found, 0.0), marks=True)
    for reached in contaminated(found):
        marked = (run.values[reached.node.name] != 0).any(dim=1)[0].numpy()
        expected = reached.rows[:, None] | reached.columns[None, :]
        assert (marked == expected).all(), reached.node.name
        assert float(reached.share) == pytest.approx(marked.mean())


@settings(deadline=None, max_examples=60)
@given(graphs(), SIZES, st.integers(0, 2**32 - 1))
def test_a_leak_is_a_difference_under_random_weights(
    graph: Graph, size: tuple[int, int], seed: int
) -> None:
    """Scores of places whole strides apart differ exactly where the answer says so."""
    found = laid(graph, size)
    generator = torch.Generator().manual_seed(seed)

    def weights(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64) + 0.5

    given = image(found)
    run = Run(known(found), given, weights, means=True)
    score = impact_by_torch(found, run, [place.node.name for place in found.last_maps], given)
    differs = []
    for axis in (0, 1):
        stride, length = stride_of(found, axis), size[axis]
        moved = np.take(score, range(stride, max(stride, length)), axis)
        stayed = np.take(score, range(length - stride), axis) if stride < length else moved
        differs.append(not np.allclose(moved, stayed, rtol=1e-9, atol=0))
    assert quick_leak(found) == any(differs)


@settings(deadline=None, max_examples=60)
@given(stacks(), SIZES)
def test_a_chain_agrees_with_the_other_topics(stack: object, size: tuple[int, int]) -> None:
    graph = chain(stack, 1)  # type: ignore[arg-type]
    found = laid(graph, size)
    steps = walk_steps(stack, *size, 1, "either")  # type: ignore[arg-type]
    places = list(found.places.values())[1:]
    assert [place.output for place in places] == [step.output for step in steps]
    for place, step in zip(places, steps, strict=True):
        assert place.rows.pads == (step.rows.before, step.rows.after)
        idle = step.rows.unused_padding
        assert place.rows.used == (step.rows.before - idle[0], step.rows.after - idle[1])
    assert [rows.tolist() for rows in unseen(found)] == [
        steps[0].unseen_rows.tolist(),
        steps[0].unseen_columns.tolist(),
    ]
    whole = impact(stack, *size)  # type: ignore[arg-type]
    assert count(found).corner_to_max == pytest.approx(whole.corner_to_max, rel=1e-12)
