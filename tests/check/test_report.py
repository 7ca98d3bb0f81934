"""The report: known networks' figures, hand-worked cases, and the command line."""

import json
import time
from fractions import Fraction
from pathlib import Path

import pytest

from core.__main__ import main
from core.check import Report, chain, describe, remedies
from core.check.graph import (
    Add,
    Concatenate,
    Flatten,
    Graph,
    Linear,
    Pad,
    Pass,
    Resize,
    Transposed,
    Unknown,
    Window,
)
from core.check.networks import NETWORKS, network
from core.layers import Layer, parse_stack
from core.settings import InputError
from core.steps import RESNET
from tests.check.networks import Build, unet

RESNET18 = network("resnet18").graph


def of(text: str, size: int, width: int | None = None) -> Report:
    return Report(chain(parse_stack(text)), size, width or size)


def test_resnet_is_lopsided_at_224_and_not_at_225() -> None:
    """Alsallakh et al. 2021, arXiv 2010.02178: sizes 32·n + 1 use the padding evenly."""
    found = Report(RESNET18, 224, 224)
    assert [item.rows for item in found.lopsided] == [(3, 2)] + [(1, 0)] * 4
    assert [item.shift[0] for item in found.lopsided] == [-0.5, -1, -2, -4, -8]
    # Every way adds up to the same, those through the 1 × 1 strides too.
    assert found.shift == ((Fraction(-31, 2),) * 2,) * 2
    assert found.even_sizes == (225, 193, 257, 161, 289, 129, 321, 97, 353, 65)
    assert found.faults == {"lopsided"}
    even = Report(RESNET18, 225, 225)
    assert even.lopsided == ()
    assert even.shift == ((Fraction(0),) * 2,) * 2
    assert even.faults == frozenset()


def test_resnet_tells_places_apart_unless_it_is_circular() -> None:
    found = Report(RESNET18, 224, 224)
    assert found.leak.leaks
    assert str(found.leak.layer) == "conv1"
    assert found.leak.stride == (32, 32)
    assert found.cures == ("circular",)
    assert Report(RESNET18, 225, 225).cures == ()  # 225 is not whole strides long


def test_resnet_is_quick() -> None:
    start = time.process_time()
    describe(Report(RESNET18, 224, 224))
    assert time.process_time() - start < 2


def test_a_unet_names_the_sizes_that_fit() -> None:
    found = Report(unet(), 30, 30)
    (misfit,) = found.mismatches
    # 30 → 15 → 7, and back: 14 meets the 15 of the lower skip first.
    assert misfit.sizes == ((15, 15, 16), (14, 14, 16))
    assert misfit.stops
    assert found.fitting_sizes[:4] == (28, 32, 24, 36)
    assert found.faults >= {"mismatch"}
    assert Report(unet(), 32, 32).mismatches == ()


def test_an_autoencoder_that_comes_back_smaller_is_a_mismatch() -> None:
    post = "conv3x32:same maxpool2 conv3x32:same maxpool2 conv3x32:same up2 up2 conv3x1:same"
    (misfit,) = of(post, 30).mismatches
    assert misfit.sizes == ((28, 28, 1), (30, 30, 1))
    assert not misfit.stops
    assert of(post, 30).fitting_sizes[:2] == (28, 32)
    assert of(post, 28).mismatches == ()
    assert of("conv3x8s2:1 up2 up2", 28).mismatches == ()  # it is not made to come back


def test_dropped_rows_are_counted_where_they_are_dropped() -> None:
    found = of("conv3:same maxpool2", 7, 8)
    assert [(str(item.node), len(item.rows), len(item.columns)) for item in found.unused] == [
        ("maxpool2", 1, 0)
    ]
    assert [len(places) for places in found.unseen] == [0, 0]  # the convolution mixes it in
    assert [len(places) for places in of("maxpool2", 7).unseen] == [1, 1]


def test_a_row_that_a_branch_skips_and_another_reads_is_used() -> None:
    build = Build()
    wide = build.conv(3, 8, "input", stride=2, padding=1)
    short = build.conv(1, 8, "input", stride=2)
    build(Add(), wide, short)
    found = Report(build.graph, 9, 9)
    assert found.unused == ()
    rows = {item["layer"]: item["branch"] for item in describe(found)["layers"]}
    assert rows == {wide: wide, short: short, "add3": None}


def test_a_kernel_narrower_than_its_stride_is_offered_a_wider_one() -> None:
    build = Build()
    build.conv(3, 8, padding=1)
    build.conv(1, 16, stride=2)
    found = Report(build.graph, 8, 8)
    assert [len(item.rows) for item in found.unused] == [4]
    assert remedies.unused(found).torch == "nn.Conv2d(8, 16, 3, stride=2, padding=1)"
    build = Build()
    build.conv(3, 8, padding=1)
    build.conv(3, 16, stride=2, padding=1)
    assert not Report(build.graph, 8, 8).unused


def test_a_pool_that_skips_pixels_is_offered_a_wider_one() -> None:
    """A last window would take along what is left over, but not what lies between two windows."""
    assert remedies.unused(of("maxpool2s3", 8)).torch == "nn.MaxPool2d(3, stride=3, padding=1)"
    assert "ceil_mode" in remedies.unused(of("maxpool2", 7)).torch
    build = Build()
    build(Window(Layer("maxpool", 2, stride=2), Layer("maxpool", 3, stride=3)))
    remedy = remedies.unused(Report(build.graph, 7, 7))
    assert remedy.torch == "nn.MaxPool2d((2, 3), ceil_mode=True)"
    assert remedy.keras == 'layers.MaxPooling2D((2, 3), padding="same")'


def test_an_even_kernel_is_padded_a_cell_more_at_the_end() -> None:
    remedy = remedies.leak(of("conv2:same", 10))
    assert remedy.torch == 'nn.Conv2d(3, 1, 2, padding="same", padding_mode="circular")'
    assert remedy.keras.splitlines() == [
        "x = tf.concat([x, x[:, :1]], 1)",
        "x = tf.concat([x, x[:, :, :1]], 2)",
        "x = layers.Conv2D(1, 2)(x)",
    ]
    assert "x[:, -1:], x, x[:, :2]]" in remedies.leak(of("conv4:same", 10)).keras


def test_a_remedy_can_be_followed() -> None:
    """An image cannot be reflected by more than it has, and a map may stay as it is."""
    assert "Pad the image itself by 4 pixels" in remedies.corner(of("conv3:same", 5)).words
    same = remedies.reach(Report(network("vgg16").graph, 224, 224)).words
    assert "the last map is 7 × 7 as before." in same


def test_places_that_are_told_lie_where_the_padding_is_read() -> None:
    """At 225 two pixels at each side miss a window; at 224 a whole window is missing below."""
    even, odd = of(RESNET, 225).leak, of(RESNET, 224).leak
    assert [places.tolist() for places in even.told] == [[0, 1, 223, 224]] * 2
    assert even.depth == 2
    assert [places.tolist() for places in odd.told] == [[0, 1, *range(191, 224)]] * 2
    assert odd.depths == (33, 33)
    assert of("conv3:same", 9, 1).leak.depths == (1, 0)


def test_a_line_of_padding_counts_with_its_window() -> None:
    """Keras's ResNet: ZeroPadding2D(3), then 7 × 7 with stride 2, unpadded."""
    build = Build()
    build(Pad(3, 3, 3, 3))
    build.conv(7, 64, stride=2)
    (item,) = Report(build.graph, 224, 224).lopsided
    assert (str(item.node), item.rows) == ("window2", (3, 2))
    build = Build()
    build(Pad(0, 1, 0, 1))
    build.conv(3, 8, stride=2)
    (item,) = Report(build.graph, 224, 224).lopsided
    assert item.rows == (0, 1)
    assert Report(build.graph, 225, 225).lopsided == ()


def test_padding_that_no_window_reads_counts_itself() -> None:
    build = Build()
    small = build.conv(3, 3, "input")
    build(Pad(1, 1, 0, 2), small)
    build(Pass("ReLU"))
    build(Add(), "input", "pass3")
    (item,) = Report(build.graph, 8, 8).lopsided
    assert (str(item.node), item.rows, item.columns) == ("pad2", (1, 1), (0, 2))


def test_a_transposed_convolution_may_be_lopsided() -> None:
    build = Build()
    build(Transposed((3, 3), 8, (2, 2), (1, 1), (1, 1)))
    found = Report(build.graph, 8, 8)
    assert [item.rows for item in found.lopsided] == [(0, 1)]
    assert found.shift[0] == (Fraction(1, 4),) * 2
    build = Build()
    build(Transposed((4, 4), 8, (2, 2), (1, 1)))
    assert Report(build.graph, 8, 8).lopsided == ()


def test_what_is_not_known_ends_the_answer_and_is_said() -> None:
    build = Build()
    build.conv(3, 8, padding=1)
    build(Unknown("self.attention(x)"))
    build.conv(3, 8, padding=1)
    found = Report(build.graph, 16, 16)
    assert list(found.walk.places) == ["input", "window1"]
    assert "self.attention(x) is not followed" in found.notes[0]
    told = describe(found)
    assert "output" not in told["layers"][1]
    json.dumps(told)


def test_a_join_may_grow_to_another_layers_size() -> None:
    build = Build()
    small = build.pool(2, 2)
    build(Resize(mode="bilinear"), small, "input")
    build(Concatenate(), "input", "resize2")
    found = Report(build.graph, 9, 9)
    assert found.walk.places["concatenate3"].output == (9, 9, 6)


def test_a_dense_layer_is_said() -> None:
    build = Build()
    build.conv(3, 8)
    build(Flatten())
    build(Linear(10))
    found = Report(build.graph, 8, 8)
    assert found.walk.places["linear3"].output == (1, 1, 10)
    assert found.walk.places["flatten2"].channels == 6 * 6 * 8
    assert any("weight for every place" in note for note in found.notes)
    assert Report(RESNET18, 224, 224).notes == ()


def test_large_images_are_answered_or_refused() -> None:
    start = time.process_time()
    found = Report(RESNET18, 4096, 4096)
    told = describe(found)
    assert told["corner_to_max"] is None
    assert "is not followed" in told["notes"][0]
    assert told["even_sizes"][0] == 4097
    assert time.process_time() - start < 5
    build = Build()
    for _ in range(10):
        build.conv(512, 3, padding="same")
    with pytest.raises(InputError, match="too many to follow"):
        Report(build.graph, 4096, 4096)


def test_a_layer_that_does_not_fit_is_named() -> None:
    build = Build()
    build.conv(5, 3)
    with pytest.raises(InputError, match="'window1': its window spans 5 pixels"):
        Report(build.graph, 4, 4)


# --- The command line ----------------------------------------------------------------------------


def test_the_keys_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "--size", "28", "--width", "27", "--channels", "1"]
    assert main([*words, "--layers", "conv3x16s2:same maxpool2"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {
        "layers", "mismatches", "unused", "lopsided", "even_sizes", "contaminated", "leaks",
        "depth", "corner_to_max",
    } <= answer.keys()  # fmt: skip
    assert answer["lopsided"][0]["layer"] == "conv3x16s2:same"
    sides = ("top", "bottom", "left", "right")
    assert [answer["lopsided"][0][side] for side in sides] == [0, 1, 1, 1]
    assert answer["unused"] == [{"layer": "input", "rows": 0, "columns": 0}]


@pytest.mark.parametrize(
    ("faults", "status"),
    [("", 0), ("mismatch", 0), ("lopsided", 1), ("mismatch,lopsided", 1), ("mismatch, unused", 0)],
)
def test_fail_on(faults: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "--size", "28", "--layers", "conv3s2:1", "--fail-on", faults]
    assert main(words) == status
    assert json.loads(capsys.readouterr().out)["faults"] == ["lopsided"]


def test_a_network_comes_by_name_and_as_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["check", "--network", "resnet18", "--fail-on", "lopsided"]) == 1
    named = json.loads(capsys.readouterr().out)
    file = tmp_path / "network.py"
    file.write_text(NETWORKS["resnet18"].code, encoding="utf-8")
    assert main(["check", "--code", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == named
    assert named["even_sizes"][0] == 225


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected one of --layers, --code, --torch and --network; found none"),
        (["--layers", "conv3", "--network", "vgg16"], "found --layers and --network"),
        (["--layers", "conv9:same conv3:no"], "expected same, valid, full"),
        (["--layers", "conv3", "--size", "9000"], "size must be"),
        (["--layers", "conv3", "--fail-on", "leaks"], "fail_on must be"),
        (["--layers", "conv64", "--size", "32"], "its window spans 64 pixels"),
        (["--network", "alexnet"], "network must be one of lenet5, vgg16, resnet18"),
        (["--code", "no/such/file.py"], "cannot be read: No such file"),
        (["--code", "\0"], "cannot be read"),
        (["--code", "/"], "cannot be read"),
    ],
)
def test_bad_input_is_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


# --- Networks made to be slow --------------------------------------------------------------------


def strides(*numbers: int) -> Graph:
    """Ways of many different strides that meet on a map of one pixel."""
    build = Build()
    last = build.conv(8, 3, stride=8)
    for number in numbers:
        short = build.conv(1, 3, last, stride=number)
        last = build(Add(), last, short)
    return build.graph


def growing() -> Graph:
    """Up by 511 and down by 512, again and again."""
    build = Build()
    up = Layer("up", 511)
    for _ in range(100):
        build(Window(up, up))
        build.conv(509, 3, stride=512)
    return build.graph


@pytest.mark.parametrize(
    ("graph", "said"),
    [(strides(2, 3, 5, 7, 11, 13), "different strides"), (growing(), "too long a fraction")],
)
def test_what_would_grow_without_end_is_refused(graph: Graph, said: str) -> None:
    with pytest.raises(InputError, match=said):
        describe(Report(graph, 8, 8))


def test_a_thousand_blocks_are_answered_in_bounded_time() -> None:
    build = Build()
    for _ in range(500):
        last = build.nodes[-1].name
        build.conv(3, 3, last, padding=1)
        build(Add(), last, build.nodes[-1].name)
    start = time.process_time()
    told = describe(Report(build.graph, 512, 512))
    assert time.process_time() - start < 6
    assert told["corner_to_max"] is None
    assert any("is not followed" in note for note in told["notes"])
