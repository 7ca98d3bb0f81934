"""Graphs that cannot be are refused, by name and line."""

import pytest

from core.check.graph import (
    MAX_NODES,
    Add,
    Crop,
    Global,
    Graph,
    Input,
    Node,
    Operation,
    Pass,
    Resize,
    Window,
    chain,
)
from core.layers import Layer, parse_stack
from core.settings import InputError

START = Node("x", Input(3))


def relu(name: str, *inputs: str, line: int | None = None) -> Node:
    return Node(name, Pass("ReLU"), inputs, line)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([START, relu("a", "b", line=7)], ["'a' (line 7)", "'b'", "not there"]),
        ([START, relu("a", "b"), relu("b", "a")], ["'a'", "only computed from it"]),
        ([START, relu("a", "a")], ["'a'", "only computed from it"]),
        ([START, relu("a", "x"), relu("a", "x")], ["'a'", "twice"]),
        ([START, relu("a", "x", "x")], ["'a' reads 2 layers: expected 1"]),
        ([START, Node("a", Add())], ["'a' reads 0 layers: expected at least 1"]),
        ([START, Node("a", Resize(), ("x",))], ["'a' reads 1 layers: expected 2"]),
        ([START, Node("y", Input(1))], ["one input image, found 2"]),
        ([], ["one input image, found 0"]),
    ],
)
def test_what_cannot_be_is_named(nodes: list[Node], words: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        Graph(tuple(nodes))
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Input(1_000_000), "the number of channels must be from 1 to 65536, not 1000000"),
        (Window(Layer("conv", 600), Layer("conv", 3)), "the kernel must be from 1 to 512"),
        (Window(Layer("up", 0), Layer("up", 2)), "the factor must be"),
        (Crop(0, -1, 0, 0), "each side must be from 0"),
        (Resize(scale=(float("nan"), 1.0)), "the scale must be"),
    ],
)
def test_a_number_beyond_the_limits_is_named(operation: Operation, words: str) -> None:
    start = () if isinstance(operation, Input) else (START,)
    node = Node("it", operation, () if isinstance(operation, Input) else ("x",), 3)
    with pytest.raises(InputError, match=rf"'it' \(line 3\): {words}"):
        Graph((*start, node))


def test_more_nodes_than_any_network_has_are_refused() -> None:
    nodes = [START] + [relu(str(number), "x") for number in range(MAX_NODES)]
    with pytest.raises(InputError, match="at most"):
        Graph(tuple(nodes))


def test_who_reads_whom() -> None:
    graph = Graph((START, relu("a", "x"), relu("b", "x"), Node("sum", Add(), ("a", "b"))))
    assert [node.name for node in graph.readers["x"]] == ["a", "b"]
    assert [node.name for node in graph.outputs] == ["sum"]
    assert not graph.is_chain


def test_a_line_of_the_layer_language_is_a_chain() -> None:
    graph = chain(parse_stack("conv3x16:same maxpool2 up2"), 1)
    assert graph.is_chain
    assert [str(node) for node in graph.nodes] == ["input", "conv3x16:same", "maxpool2", "up2"]
    assert graph.nodes[0].operation == Input(1)
    head = Graph((*graph.nodes, Node("pool", Global(), ("layer3",))))
    assert [str(node) for node in head.outputs] == ["pool"]
