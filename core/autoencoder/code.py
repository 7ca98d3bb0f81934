"""The experiment as one short program to copy and run: PyTorch and MNIST's files, nothing else.

It is written for one run: every setting is a number at its top or a line of its own, and what the
run does not use is left out. It draws its random numbers in its own way, so it gives a run's
figures within their spread over seeds, not to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.autoencoder.experiment import Run, Settings
from core.data import TEST_SIZE


def program(run: Run, *, both: bool = True) -> str:
    """Train an arm, `both` of them or the run's own alone, and say what its test loss is made of.

    The program reads MNIST from the folder that MNIST_DIR names, else from where it is run.
    """
    settings = run.settings
    widths = sorted({0, settings.pad_width}) if both else [settings.pad_width]
    return "\n\n".join(
        [
            opening(settings, widths) + "\n" + constants(run, widths),
            reading(settings),
            padding(settings),
            network(settings),
            losses(settings),
            training(settings),
            MEASURE,
            ARMS + (COMPARISON if len(widths) > 1 else ""),
        ]
    )


def opening(settings: Settings, widths: Sequence[int]) -> str:
    """What the program does, and its imports."""
    digits = {"mnist": "MNIST", "digits": "generated digits"}[settings.dataset]
    digits += {"plain": "", "inverted": ", inverted", "cropped": ", enlarged"}[settings.variation]
    arms = " and ".join(f"padded by {width}" if width else "unpadded" for width in widths)
    own = "import gzip\nimport os\nfrom pathlib import Path\n\n"
    drawn = ""
    if settings.dataset == "digits":
        own, drawn = "", "\nfrom core.data import load  # Padding Lab's: run this in its folder\n"
    return f'''\
"""A denoising autoencoder on {digits}, {arms}: what is its loss made of?

Network and training are those of https://stats.stackexchange.com/questions/454768. The random
numbers are not Padding Lab's: expect its figures within their spread over seeds.
"""

{own}import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
{drawn}'''


def constants(run: Run, widths: Sequence[int]) -> str:
    """Every setting that is a number, and the device."""
    settings = run.settings
    folder = 'MNIST_DIR = Path(os.environ.get("MNIST_DIR", "."))  # IDX files, gzipped or not\n'
    device = f'"{settings.device}"'
    if settings.device == "auto":
        device = '"cuda" if torch.cuda.is_available() else "cpu"'
    return f"""\
{folder if settings.dataset == "mnist" else ""}\
PAD_WIDTHS = {tuple(widths)}  # of each arm, in pixels
TRAIN_SIZE = {settings.train_size:_}
TEST_SIZE = {TEST_SIZE:_}
IMAGES = {run.images:_}  # seen in training, over all epochs
BATCH_SIZE = {settings.batch_size}
LEARNING_RATE = {settings.learning_rate!r}
NOISE = {settings.noise_factor!r}  # standard deviation
SEED = {settings.seed}
DEVICE = {device}
"""


def reading(settings: Settings) -> str:
    """`read`: the images of a split, before they are padded."""
    found = """\
    path = MNIST_DIR / f"{split}-images-idx3-ubyte"
    data = path.read_bytes() if path.exists() else gzip.open(f"{path}.gz").read()
    images = np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)[:count]
"""
    if settings.dataset == "digits":
        found = """\
    digits = load("digits", TRAIN_SIZE)
    images = {"train": digits.train, "t10k": digits.test}[split][:count]
"""
    varied = {
        "plain": "",
        "inverted": """\
    images = 255 - images
""",
        "cropped": """\
    middle = torch.tensor(images[:, None, 6:22, 6:22], dtype=torch.float32)
    images = F.interpolate(middle, size=28, mode="bilinear").round()[:, 0].numpy()
""",
    }[settings.variation]
    return f'''\
def read(split, count):
    """The first images of a split: (count, 28, 28), in [0, 1]."""
{found}{varied}\
    return images.astype(np.float32) / 255
'''


def padding(settings: Settings) -> str:
    """`pad`: the ring and the noise."""
    mode = f'"{settings.pad_mode}"'
    if settings.pad_mode in ("constant", "noise"):
        # Images are bytes, and so is what surrounds them.
        grey = int(np.rint(settings.pad_level * 255))
        mode = f"constant_values={grey} / 255" if grey else "constant_values=0"
    greys = "    clean[:, ring] = random.integers(256, size=(len(images), ring.sum())) / 255\n"
    noisy_ring = (
        "    noise[:, ring] = random.standard_normal((len(images), ring.sum()), np.float32)\n"
    )
    if settings.pad_mode != "noise":
        greys = ""
    if settings.noise_first:
        noisy_ring = ""
    ring = "    ring = np.pad(np.zeros((28, 28), bool), width, constant_values=True)\n"
    return f'''\
def pad(images, width, seed):
    """Padded images, clean and noisy, the noise drawn once for all epochs: (n, 1, side, side)."""
    random = np.random.default_rng(seed)
    around = (0, 0), (width, width), (width, width)
{ring if greys or noisy_ring else ""}\
    noise = np.pad(random.standard_normal(images.shape, np.float32), around)
{noisy_ring}\
    clean = np.pad(images, around, {mode})
{greys}\
    noisy = np.clip(clean + NOISE * noise, 0, 1)
    return [torch.from_numpy(part)[:, None].to(DEVICE) for part in (clean, noisy)]
'''


def network(settings: Settings) -> str:
    """`conv` and `autoencoder`, and `Clear` where the border is cleared."""
    mode = "" if settings.padding_mode == "zeros" else f', padding_mode="{settings.padding_mode}"'
    width, clear = "", ""
    if settings.outside == "cleared":
        width, clear = "width", CLEAR + "\n\n"
    stack = f"nn.Sequential(\n{layers(settings)}\n    )\n"
    build = f"    return {stack}"
    if settings.output_bias:
        build = f"""\
    network = {stack}\
    nn.init.constant_(network[-1].bias, {settings.output_bias!r})
    return network
"""
    return f'''\
def conv(inputs, outputs):
    """A 3×3 convolution with Keras's initial weights: Glorot-uniform, biases zero."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1{mode})
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


{clear}\
def autoencoder({width}):
    """From noisy images to logits: the sigmoid is part of the loss."""
    pool, up = nn.MaxPool2d(2, ceil_mode=True), nn.Upsample(scale_factor=2)
{build}'''


CLEAR = '''\
class Clear(nn.Module):
    """0 in every cell of scale × scale pixels that lies wholly in the padded border."""

    def __init__(self, width, scale):
        super().__init__()
        self.inside = slice(width // scale, -(-(width + 28) // scale))

    def forward(self, x):
        inside = torch.zeros_like(x)
        inside[..., self.inside, self.inside] = 1
        return x * inside
'''


def layers(settings: Settings) -> str:
    """What stands between the brackets of `nn.Sequential`, a convolution a line."""
    cleared = settings.outside == "cleared"
    rows = ["Clear(width, 1),"] if cleared else []
    inputs, scale = 1, 1
    for place in range(2 * settings.depth):
        after = 2 * scale if place < settings.depth else scale // 2
        parts = [f"conv({inputs}, {settings.channels})", "nn.ReLU()"]
        parts.append("pool" if after > scale else "up")
        if cleared:
            parts.insert(2, f"Clear(width, {scale})")
            parts.append(f"Clear(width, {after})")
        rows.append(", ".join(parts) + ",")
        inputs, scale = settings.channels, after
    rows.append(f"conv({inputs}, 1),")
    return "\n".join(f"        {row}" for row in rows)


def losses(settings: Settings) -> str:
    """`losses`: binary cross-entropy, pixel by pixel."""
    logits = """\
    logits = network(noisy)[..., : clean.shape[-2], : clean.shape[-1]]
"""
    if settings.precision == "bf16":
        logits = """\
    with torch.autocast(DEVICE, torch.bfloat16):
        logits = network(noisy)[..., : clean.shape[-2], : clean.shape[-1]].float()
"""
    return f'''\
def losses(network, clean, noisy):
    """Binary cross-entropy at each pixel; what pooling an odd size added is cropped."""
{logits}\
    return F.binary_cross_entropy_with_logits(logits, clean, reduction="none")
'''


def training(settings: Settings) -> str:
    """`train`: what is minimised, by what."""
    pixels = "original(loss)" if settings.loss_on == "original" else "loss"
    minimised = f"{pixels}.mean()"
    if settings.reduction == "sum":
        minimised = f"({pixels}.sum() / len(batch))"
    width = "(clean.shape[-1] - 28) // 2" if settings.outside == "cleared" else ""
    betas = f", betas=(0.9, {settings.beta2!r})" if settings.beta2 != Settings.beta2 else ""
    return f'''\
def train(clean, noisy):
    """A trained autoencoder. Every arm starts from the same weights and has the same order."""
    torch.manual_seed(SEED)
    network = autoencoder({width}).to(DEVICE)
    adam = torch.optim.Adam(network.parameters(), LEARNING_RATE{betas})
    seen = steps = 0
    while seen < IMAGES:
        total, start = 0, seen
        for batch in torch.randperm(len(clean)).split(BATCH_SIZE):
            loss = losses(network, clean[batch], noisy[batch])
            adam.zero_grad()
            {minimised}.backward()
            steps += 1
            adam.param_groups[0]["eps"] = 1e-7 / (1 - {settings.beta2!r}**steps) ** 0.5  # as Keras
            adam.step()
            total += loss.mean().item() * len(batch)
            seen += len(batch)
            if seen >= IMAGES:
                break
        print(f"  {{seen:,}} images seen, training loss {{total / (seen - start):.4f}} per pixel")
    return network
'''


MEASURE = '''\
@torch.inference_mode()
def measure(network, clean, noisy):
    """Mean test loss at each pixel, and what no network can avoid of it: two of (side, side)."""
    batches = zip(clean.split(500), noisy.split(500))
    loss = sum(losses(network, *batch).sum((0, 1)) for batch in batches) / len(clean)
    floor = F.binary_cross_entropy(clean, clean, reduction="none").mean((0, 1))
    return loss, floor


def original(maps):
    """The 28 × 28 original pixels of padded maps."""
    width = (maps.shape[-1] - 28) // 2
    return maps[..., width : width + 28, width : width + 28]
'''


ARMS = """\
train_images, test_images = read("train", TRAIN_SIZE), read("t10k", TEST_SIZE)
found = []
for width in PAD_WIDTHS:
    side = 28 + 2 * width
    print(f"Padded by {width}: {side} × {side} pixels")
    network = train(*pad(train_images, width, [SEED, 0]))
    print(f"  {sum(weights.numel() for weights in network.parameters()):,} parameters")
    loss, floor = measure(network, *pad(test_images, width, [SEED, 1]))
    total, shared = loss.sum().item(), original(loss).sum().item()
    floor, border = original(floor).sum().item(), total - shared
    found.append([total / side**2, total, shared])
    print(f"  {floor:.2f} entropy floor + {shared - floor:.2f} learnable + {border:.2f} border")
    print(f"  = {total:.2f} nats per image, {total / side**2:.5f} per pixel")
"""

COMPARISON = """\
changes = [f"{padded / unpadded - 1:+.1%}" for unpadded, padded in zip(*found)]
print("By padding: {} per pixel, {} in total, {} on the shared pixels".format(*changes))
"""
