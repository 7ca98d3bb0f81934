"""The networks by name are the published ones, layer by layer, at several sizes."""

from typing import Any

import pytest
import torch

from core.check.graph import Global, Linear, Window
from core.check.networks import NETWORKS, network
from core.check.walk import walk
from core.settings import InputError
from tests.check.real import keras, same_sizes, torchvision_models

TORCH = [name for name, known in NETWORKS.items() if "import torch" in known.code]
TORCH += [name for name, known in NETWORKS.items() if known.code.startswith("from torch")]
KERAS = [name for name in NETWORKS if name not in TORCH]


def built(name: str, variable: str = "model") -> Any:
    """The network that its code really builds."""
    names: dict[str, Any] = {}
    with torch.device("meta"):
        exec(compile(NETWORKS[name].code, name, "exec"), names)
    return names.get(variable) or names["autoencoder"]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_read_whole_and_fits_its_size(name: str) -> None:
    known, reading = NETWORKS[name], network(name)
    assert reading.whole
    assert not reading.notes
    laid = walk(reading.graph, known.size, known.size)
    assert laid.complete
    assert laid.places["input"].channels == known.channels
    assert reading.size in (None, (known.size, known.size))


@pytest.mark.parametrize("name", TORCH)
def test_the_code_builds_what_was_read(name: str) -> None:
    known = NETWORKS[name]
    sizes = {"lenet5": [(32, 32)], "unet_2015": [(572, 572), (188, 204)], "unet": [(64, 96)]}
    for height, width in sizes.get(name, [(224, 224), (97, 130)]):
        same_sizes(network(name).graph, built(name), known.channels, height, width)


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "mobilenet_v2"])
@pytest.mark.parametrize("size", [(224, 224), (225, 100)])
def test_they_are_torchvisions(name: str, size: tuple[int, int]) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision_models(), name)()
    same_sizes(network(name).graph, theirs, 3, *size)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", KERAS)
def test_keras_builds_what_was_read(name: str) -> None:
    keras()
    graph, known = network(name).graph, NETWORKS[name]
    names: dict[str, Any] = {}
    code = known.code.replace("model.summary()", "")
    exec(compile(code, name, "exec"), names)
    theirs = names.get("model") or names["autoencoder"]
    assert windows(graph, known.size) == keras_windows(theirs)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("name", "theirs"),
    [("mobilenet_v2_keras", "MobileNetV2"), ("resnet50_keras", "ResNet50")],
)
@pytest.mark.parametrize("size", [224, 193])
def test_they_are_kerass(name: str, theirs: str, size: int) -> None:
    make = getattr(keras().applications, theirs)
    model = make(weights=None, input_shape=(size, size, 3))
    assert windows(network(name).graph, size) == keras_windows(model)


def windows(graph: Any, size: int) -> list[tuple[int, ...]]:
    """The sizes behind all convolutions, pools and heads, in order of size."""
    laid = walk(graph, size, size)
    return sorted(
        place.output
        for place in laid.places.values()
        if isinstance(place.node.operation, Window | Linear | Global)
    )


def keras_windows(model: Any) -> list[tuple[int, ...]]:
    found = []
    for layer in model.layers:
        kind = type(layer).__name__
        if any(word in kind for word in ("Conv2D", "Pooling2D", "UpSampling2D", "Dense")):
            shape = tuple(layer.output.shape[1:])
            found.append(shape if len(shape) == 3 else (1, 1, *shape))
    return sorted(found)


def test_a_name_that_does_not_exist_is_told_what_does() -> None:
    with pytest.raises(InputError, match=r"network: 'resnet19': expected one of lenet5, vgg16"):
        network("resnet19")
