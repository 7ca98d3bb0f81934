"""Code as people have it: what stands around the layers, and how tutorials spell them."""

import time

import pytest

from core.check import remedies
from core.check.axis import Matched
from core.check.code import read
from core.check.graph import Linear, Match, Resize, Window
from core.check.graph import Unknown as UnknownNode
from core.check.report import Report
from core.check.walk import walk
from core.settings import InputError
from pages.sections.check.words import summary
from tests.check.real import same_sizes, torchvision_models

CHAIN = "nn.Sequential(\n    nn.Conv2d(1, 4, 3, padding=1),\n    nn.ReLU(),\n)"

SURROUNDED = {
    "a fence": f"My network:\n\n```python\nfrom torch import nn\nmodel = {CHAIN}\n```\nIt learns.",
    "IPython": "In [1]: from torch import nn\n\nIn [2]: model = nn.Sequential(\n"
    "   ...:     nn.Conv2d(1, 4, 3, padding=1),\n   ...:     nn.ReLU(),\n   ...: )\n\n"
    "In [3]: model\nOut[3]: \nSequential(\n  (0): Conv2d(1, 4)\n)",
    "a notebook": f"files = !ls data\n%matplotlib inline\nif True:\n    !nvidia-smi\n"
    f"model = {CHAIN}\nmodel?\n%%time\nmodel(x)",
    "layers alone": "nn.Conv2d(1, 4, 3, padding=1),\nnn.ReLU(),",
    "a docstring with prompts": f'"""Use:\n>>> model = 1\n"""\nmodel = {CHAIN}',
}


@pytest.mark.parametrize("text", SURROUNDED.values(), ids=list(SURROUNDED))
def test_layers_are_found_in_what_surrounds_them(text: str) -> None:
    kinds = [type(node.operation) for node in read(text).graph.nodes]
    assert len(kinds) == 3
    assert kinds[1] is Window


def test_a_text_that_is_no_program_is_told_what_it_is() -> None:
    with pytest.raises(InputError, match="line 2: this is a model as it is printed: expected the"):
        read("Sequential(\n  (0): Conv2d(1, 16, kernel_size=(3, 3))\n  (1): ReLU()\n)")
    with pytest.raises(InputError, match="expected the whole class, from its line 'class' on"):
        read("        self.a = nn.Conv2d(3, 8, 3)\n\n    def forward(self, x):\n        return x")


HEAD = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, width=8, num_classes=10):
        super().__init__()
        {made}
    def forward(self, x):
        {done}
"""


def net(made: str, done: str, after: str = "") -> str:
    lines = [text.replace("\n", "\n        ") for text in (made, done)]
    return HEAD.format(made=lines[0], done=lines[1]) + after


TRIED = net(
    "self.conv = nn.Conv2d(1, 8, 5)\nself.many = None\nself.tried(torch.randn(50, 40).view({view}))"
    "\nself.fc = nn.Linear(self.many, 2)",
    "return self.fc(self.tried(x).view(-1, self.many))",
    "    def tried(self, x):\n        x = F.max_pool2d(F.relu(self.conv(x)), 2)\n"
    "        if self.many is None:\n            self.many = {many}\n        return x",
)


@pytest.mark.parametrize(
    "many",
    [
        "x[0].shape[0] * x[0].shape[1] * x[0].shape[2]",
        "x.shape[1] * x.size(2) * x.size()[-1]",
        "int(np.prod(x.size()))",
        "x.flatten(1).shape[1]",
        "x.view(1, -1).size(1)",
    ],
)
def test_a_head_as_wide_as_a_trial_says(many: str) -> None:
    text = TRIED.replace("{many}", many).replace("{view}", "-1, 1, 50, 40")
    assert read(text).graph.by_name["fc"].operation == Linear(2, 8 * 23 * 18)


def test_trials_without_end_are_left_alone() -> None:
    text = (
        "import torch\nfrom torch import nn\nn = 0\nfor i in range(2000):\n"
        "    n = nn.Conv2d(3, 8, 3)(torch.randn(1, 3, 64, 64)).shape[2]\n"
        "model = nn.Sequential(nn.Conv2d(3, 8, 3))"
    )
    start = time.perf_counter()
    read(text)
    assert time.perf_counter() - start < 5


SKIP = net(
    "self.down = nn.Conv2d(3, 8, 3, 2, 1)\nself.up = nn.ConvTranspose2d(8, 3, 2, 2)",
    "y = self.up(self.down(x))\nif {asked}:\n    y = {fitted}\nreturn torch.cat((x, y), dim=1)",
)


@pytest.mark.parametrize(
    "asked", ["y.shape != x.shape", "x.size(2) != y.size(2)", "y.shape[2:] != x.shape[2:]"]
)
@pytest.mark.parametrize(
    "fitted", ["TF.resize(y, size=x.shape[2:])", "F.interpolate(y, size=x.shape[2:])"]
)
def test_a_skip_is_fitted_where_it_can_differ(asked: str, fitted: str) -> None:
    text = SKIP.replace("{asked}", asked).replace("{fitted}", fitted)
    text = "import torchvision.transforms.functional as TF\n" + text
    graph = read(text).graph
    assert any(isinstance(node.operation, Resize) for node in graph.nodes)
    for size in (64, 65):
        assert walk(graph, size, size).complete


def test_what_never_differs_needs_no_fitting() -> None:
    text = net(
        "self.same = nn.Conv2d(3, 3, 3, padding=1)\nself.other = nn.Conv2d(3, 3, 1)",
        "y = self.same(x)\nif y.shape != x.shape:\n    y = self.other(y)\nreturn x + y",
    )
    assert "other" not in read(text).graph.by_name


def test_a_crop_to_the_centre_cuts_what_torchvision_cuts() -> None:
    text = net(
        "self.a = nn.Conv2d(3, 8, 4)",
        "y = self.a(x)\n_, _, H, W = y.shape\n"
        "x = torchvision.transforms.CenterCrop([H, W])(x)\nreturn torch.cat([x, y], 1)",
    )
    (crop,) = (n.operation for n in read(text).graph.nodes if isinstance(n.operation, Match))
    assert crop == Match("even")
    for length in range(4, 12):
        before, after = Matched("even").sides((11, length))
        top = round((11 - length) / 2.0)  # torchvision 0.28's center_crop
        assert (-before, -after) == (top, 11 - length - top)


def test_super_of_what_self_has_become_does_nothing() -> None:
    text = net("self = nn.Sequential(nn.Conv2d(3, 8, 3))\nsuper().__init__()", "return x")
    assert not any(isinstance(n.operation, Window) for n in read(text).graph.nodes)


def test_a_check_that_stops_the_code_is_passed_by() -> None:
    text = net(
        "self.conv = nn.Conv2d(3, width, 3)",
        "if x.shape[2] % 32:\n    raise ValueError('size')\nreturn self.conv(x)",
    )
    assert read(text).whole


SETTINGS = {
    "argparse": "import argparse\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('--base-width', '-w', type=int, default=16)\n"
    "group = parser.add_argument_group('more')\ngroup.add_argument('--deep', action='store_true')\n"
    "args = parser.parse_args()\nmodel = Net(args.base_width if not args.deep else 1)",
    "main": "def main():\n    width = 16\n    model = Net(width)\n    train(model)\n\n"
    "if __name__ == '__main__':\n    main()",
    "a dataclass": "@dataclass\nclass Config:\n    lr: float\n    width: int = 4\n"
    "    sizes: list = field(default_factory=lambda: [16])\n\nconfig = Config(0.1, width=16)\n"
    "model = Net(config.sizes[0])",
    "a test that nobody calls": "def test():\n    net = Net(16)\n    print(net(torch.randn(2)))",
}


@pytest.mark.parametrize("after", SETTINGS.values(), ids=list(SETTINGS))
def test_settings_are_found_where_scripts_keep_them(after: str) -> None:
    text = net("self.conv = nn.Conv2d(3, width, 3)", "return self.conv(x)", "\n" + after)
    if "test()" in after:
        text = text.replace("width=8", "width")
    operation = read("from dataclasses import dataclass, field\n" + text).graph.by_name["conv"]
    assert isinstance(operation.operation, Window)
    assert operation.operation.rows.channels == 16


def test_hyperparameters_of_lightning_and_of_dive_into_deep_learning() -> None:
    text = net(
        "self.save_hyperparameters()\nself.conv = nn.Conv2d(3, self.hparams.width, 3)",
        "return self.conv(x)",
    ).replace("nn.Module", "pl.LightningModule")
    assert read("import pytorch_lightning as pl\n" + text).whole
    text = """
from torch import nn
from d2l import torch as d2l
class Net(d2l.Classifier):
    def block(self):
        return nn.Sequential(nn.LazyConv2d(6, kernel_size=3), nn.ReLU())
@d2l.add_to_class(Net)
def __init__(self, lr=0.1, num_classes=10):
    super(Net, self).__init__()
    self.save_hyperparameters()
    self.net = nn.Sequential(self.block(), nn.Flatten(), nn.LazyLinear(self.num_classes))
"""
    assert read(text).graph.by_name["net.2"].operation == Linear(10)


def test_a_layers_own_numbers_can_be_asked_for() -> None:
    text = """
import torchvision
model = torchvision.models.resnet18(weights="DEFAULT")
model.fc = nn.Linear(model.fc.in_features, model.conv1.kernel_size[0])
"""
    assert read(text).graph.by_name["fc"].operation == Linear(7, 512)


def test_numbers_from_elsewhere_that_change_no_size_are_said() -> None:
    reading = read(
        "from config import HIDDEN\nclass_names = tf.keras.utils.names(1)\n"
        "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), "
        "layers.Flatten(), layers.Dense(HIDDEN), layers.Dense(len(class_names))])"
    )
    assert [str(note) for note in reading.notes] == [
        "line 3: layers.Dense: 'units' cannot be read (config.HIDDEN): read as 10, which changes "
        "no size",
        "line 3: layers.Dense: 'units' cannot be read (len()): read as 10, which changes no size",
    ]


KERAS = {
    "an Input within": "encoder = tf.keras.Sequential([layers.Input((28, 28, 1)), "
    "layers.Conv2D(4, 3)])\nclass M(tf.keras.Model):\n  def __init__(self):\n"
    "    super().__init__()\n    self.encoder = encoder\n  def call(self, x):\n"
    "    return self.encoder(x)\nmodel = M()",
    "names from a star": "from keras.models import *\nfrom keras.layers import *\n"
    "x = Input((28, 28, 1))\ny = Conv2D(1, 1)(x)\nz = concatenate([x, y], axis=3)\n"
    "model = Model(x, Conv2D(4, 3)(z))",
    "build": "class B(layers.Layer):\n  def __init__(self):\n    super().__init__()\n"
    "    self.conv = None\n  def build(self, input_shape):\n    if input_shape[-1] != 4:\n"
    "      self.conv = layers.Conv2D(4, 3)\n    super().build(input_shape)\n"
    "  def call(self, x):\n    return x if self.conv is None else self.conv(x)\n"
    "x = keras.Input((28, 28, 1))\nmodel = keras.Model(x, B()(x))",
    "preprocessing": "prepare = tf.keras.applications.resnet.preprocess_input\n"
    "x = tf.keras.Input((28, 28, 1))\nmodel = tf.keras.Model(x, layers.Conv2D(4, 3)(prepare(x)))",
    "a shape one level down": "flip = keras.Sequential([layers.RandomFlip(input_shape=(28, 28, 1))"
    "])\nmodel = keras.Sequential([flip, layers.Conv2D(4, 3)])",
}


@pytest.mark.parametrize("text", KERAS.values(), ids=list(KERAS))
def test_keras_as_tutorials_write_it(text: str) -> None:
    reading = read(text)
    assert reading.size == (28, 28)
    laid = walk(reading.graph, 28, 28)
    assert laid.places["input"].channels == 1
    assert laid.ends[0].output == (26, 26, 4)


SPELLED = {
    "while": "layers = []\nn = 64\nwhile n > 16:\n    layers.append(nn.Conv2d(3, 3, 3, 2, 1))\n"
    "    n //= 2\nmodel = nn.Sequential(*layers)",
    "type()": "norm = functools.partial(nn.BatchNorm2d, affine=True)\n"
    "bias = norm.func == nn.InstanceNorm2d if type(norm) == functools.partial else 1 / 0\n"
    "model = nn.Sequential(nn.Conv2d(3, 3, 3, 2, 1, bias=bias), nn.Conv2d(3, 3, 3, 2, 1))",
    "linspace": "rates = [x.item() for x in torch.linspace(0, 0.1, 2)]\n"
    "model = nn.Sequential(*[nn.Conv2d(3, 3, 3, 2, 1) for r in rates])",
    "map": "model = nn.Sequential(*map(lambda n: nn.Conv2d(n, 3, 3, 2, 1), [3, 3]))",
    "items": "blocks = nn.ModuleDict()\nfor k in ('a', 'b'):\n"
    "    blocks[k] = nn.Conv2d(3, 3, 3, 2, 1)\nmodel = nn.Sequential(*blocks.values())",
    "a pool over everything": net(
        "self.a = nn.Sequential(nn.Conv2d(3, 3, 3, 2, 1), nn.Conv2d(3, 3, 3, 2, 1))",
        "x = self.a(x)\ny = F.avg_pool2d(x, x.size()[2:])\nreturn x * (y ** 2).pow(0.5)",
    ),
    "a parameter": net(
        "self.gamma = nn.Parameter(torch.ones(3, 1, 1)) if width else None\n"
        "self.a = nn.Sequential(nn.Conv2d(3, 3, 3, 2, 1), nn.Conv2d(3, 3, 3, 2, 1))",
        "x = -self.a(x)\nif self.gamma is not None:\n    x = self.gamma * x\nreturn x",
    ),
}


@pytest.mark.parametrize("text", SPELLED.values(), ids=list(SPELLED))
def test_more_of_python_is_followed(text: str) -> None:
    reading = read("import functools\nimport torch\nfrom torch import nn\n" + text)
    assert reading.whole
    assert walk(reading.graph, 64, 64).last_maps[-1].output == (16, 16, 3)


def test_a_latent_is_no_image() -> None:
    text = f"import torch\nfrom torch import nn\nmodel = {CHAIN}\nz = torch.randn(64, 100, 1, 1)"
    assert read(text).size is None


def test_pythons_own_functions_are_not_called_undefined() -> None:
    text = net("self.conv = nn.Conv2d(3, 8, 3)", "return self.conv(sorted(x))")
    (node,) = (n for n in read(text).graph.nodes if isinstance(n.operation, UnknownNode))
    assert (str(node), node.line) == ("sorted", 9)


def test_a_name_in_other_capitals_is_recognized() -> None:
    with pytest.raises(InputError, match=r"nn\.ReLu is not known: did you mean nn\.ReLU\?"):
        read("model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLu())")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), "
            "nn.Flatten(), nn.Dropout(), nn.Linear(400, 10)",
            "a square image with a side of 32, 33, 34 or 35 pixels.",
        ),
        ("nn.Conv2d(1, 32, 3), nn.Flatten(), nn.Linear(21632, 10)", "It fits 28 × 28 pixels."),
        (  # those from 256 to 287 fit, too
            "*[nn.MaxPool2d(2)] * 5, nn.Flatten(), nn.Linear(3 * 8 * 8, 10)",
            "a side of 256, 257, 258 or 259 pixels.",
        ),
        ("nn.Conv2d(1, 32, 3), nn.Flatten(), nn.Linear(96, 10)", "PyTorch refuses this size."),
    ],
)
def test_a_head_for_another_size_says_for_which(text: str, said: str) -> None:
    graph = read(f"model = nn.Sequential({text})").graph
    (note,) = (note for note in Report(graph, 224, 224).notes if "is made for" in note)
    assert note.endswith(said)
    for size in Report(graph, 224, 224).head_sizes:
        assert not any("refuses" in note for note in Report(graph, size, size).notes)


def test_torchvisions_resnet50_is_known_by_name() -> None:
    made = torchvision_models().resnet50(weights=None)
    graph = read("import torchvision\nmodel = torchvision.models.resnet50()").graph
    same_sizes(graph, made, 3, 97, 64)
    features = net(
        "base = torchvision.models.resnet50(weights='DEFAULT')\n"
        "self.features = nn.Sequential(*list(base.children())[:-2])",
        "return self.features(x).mean([-2, -1])",
    )
    laid = walk(read("import torchvision\n" + features).graph, 224, 224)
    assert laid.last_maps[-1].output == (7, 7, 2048)


def test_a_head_for_another_size_fits_neither_in_the_summary_nor_in_a_remedy() -> None:
    layers = "nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)"
    text = f"{layers}, nn.Flatten(), nn.Linear(12544, 10)"
    graph = read(f"model = nn.Sequential({text})").graph
    assert summary(Report(graph, 225, 225)) == "At 225 × 225: 1 linear layer made for another size"
    found = Report(graph, 224, 224)
    assert remedies.lopsided(found).words.endswith(
        "At 225, '3 Linear' (line 1) reads 12,996 values instead of 12,544."
    )
    assert not remedies.corner(found).words


def test_an_image_that_is_not_square_is_resized_by_a_line_that_cures() -> None:
    graph = read("model = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1))").graph
    remedy = remedies.lopsided(Report(graph, 224, 180))
    assert remedy.torch == "transforms.Resize((225, 181))"
    assert not Report(graph, 225, 181).lopsided
    halves = (
        "x = keras.Input((None, None, 1))\ny = layers.UpSampling2D(2)(layers.MaxPooling2D(2)(x))\n"
        "model = keras.Model(x, layers.Concatenate()([x, y]))"
    )
    graph = read(halves).graph
    remedy = remedies.mismatch(Report(graph, 33, 45))
    assert remedy.keras == "layers.Resizing(32, 44)"
    assert not Report(graph, 32, 44).mismatches


def test_a_part_of_a_model_is_no_other_model() -> None:
    text = f"from torch import nn\nencoder = {CHAIN}\nmodel = nn.Sequential(encoder, nn.ReLU())"
    assert not read(text).notes


def test_full_padding_has_its_line() -> None:
    graph = read("model = nn.Sequential(nn.Conv2d(1, 4, 5, padding=1, bias=False))").graph
    found = Report(graph, 12, 12)
    found.cures = ("full",)
    remedy = remedies.leak(found)
    assert remedy.torch == "nn.Conv2d(1, 4, 5, padding=4, bias=False)"
    assert remedy.keras.splitlines() == [
        "x = layers.ZeroPadding2D(4)(x)",
        "x = layers.Conv2D(4, 5, use_bias=False)(x)",
    ]
