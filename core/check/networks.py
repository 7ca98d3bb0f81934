"""Networks by name, each as the code that builds it, in the form in which its framework ships it.

The code is read like any pasted code (see `core.check.code`), and can be shown, changed and read
again. torchvision and keras.applications build these networks; here they stand without the options
that change no size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from core.check.code import Reading, read
from core.layers import parse_stack
from core.settings import InputError
from core.stack_code import keras_code
from core.steps import POST, walk


@dataclass(frozen=True)
class Network:
    """A network worth looking at.

    title: what to call it on screen.
    size, channels: of the image that it was made for; it is square.
    about: one sentence about its padding, true at every size.
    source: where it was published, and whose code this follows.
    """

    title: str
    size: int
    channels: int
    about: str
    source: str
    code: str


LENET5 = """\
from torch import nn

model = nn.Sequential(
    nn.Conv2d(1, 6, 5),
    nn.Tanh(),
    nn.AvgPool2d(2),
    nn.Conv2d(6, 16, 5),
    nn.Tanh(),
    nn.AvgPool2d(2),
    nn.Conv2d(16, 120, 5),
    nn.Tanh(),
    nn.Flatten(),
    nn.Linear(120, 84),
    nn.Tanh(),
    nn.Linear(84, 10),
)
"""

VGG16 = """\
import torch
from torch import nn


def make_layers(plan):
    layers, channels = [], 3
    for width in plan:
        if width == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
        else:
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, plan):
        super().__init__()
        self.features = make_layers(plan)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 1000),
        )

    def forward(self, x):
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


model = VGG(
    [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]
)
"""

RESNET18 = """\
import torch
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False),
                nn.BatchNorm2d(width),
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return self.relu(x + identity)


class ResNet(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


model = ResNet()
"""

RESNET50 = """\
import torch
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False),
                nn.BatchNorm2d(4 * width),
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return self.relu(x + identity)


def stage(channels, width, blocks, stride=2):
    more = [Bottleneck(4 * width, width) for _ in range(blocks - 1)]
    return nn.Sequential(Bottleneck(channels, width, stride), *more)


class ResNet(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = stage(64, 64, 3, stride=1)
        self.layer2 = stage(256, 128, 4)
        self.layer3 = stage(512, 256, 6)
        self.layer4 = stage(1024, 512, 3)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


model = ResNet()
"""
"""torchvision's resnet50, which pasted code builds on; the page offers Keras's."""

RESNET50_KERAS = """\
import keras
from keras import layers


def block(x, filters, stride=1, conv_shortcut=True):
    shortcut = x
    if conv_shortcut:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride)(x)
        shortcut = layers.BatchNormalization()(shortcut)
    x = layers.Conv2D(filters, 1, strides=stride)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(4 * filters, 1)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([shortcut, x])
    return layers.Activation("relu")(x)


def stack(x, filters, blocks, stride=2):
    x = block(x, filters, stride)
    for _ in range(blocks - 1):
        x = block(x, filters, conv_shortcut=False)
    return x


inputs = keras.Input(shape=(224, 224, 3))
x = layers.ZeroPadding2D(((3, 3), (3, 3)))(inputs)
x = layers.Conv2D(64, 7, strides=2)(x)
x = layers.BatchNormalization()(x)
x = layers.Activation("relu")(x)
x = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
x = layers.MaxPooling2D(3, strides=2)(x)
x = stack(x, 64, 3, stride=1)
x = stack(x, 128, 4)
x = stack(x, 256, 6)
x = stack(x, 512, 3)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1000, activation="softmax")(x)
model = keras.Model(inputs, outputs)
"""

MOBILENET_V2 = """\
import torch
from torch import nn


def conv_bn_relu(channels, width, kernel=3, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(channels, width, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    def __init__(self, channels, width, stride, expand):
        super().__init__()
        hidden = channels * expand
        layers = [] if expand == 1 else [conv_bn_relu(channels, hidden, kernel=1)]
        layers += [
            conv_bn_relu(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, width, 1, bias=False),
            nn.BatchNorm2d(width),
        ]
        self.conv = nn.Sequential(*layers)
        self.shortcut = stride == 1 and channels == width

    def forward(self, x):
        return x + self.conv(x) if self.shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        plan = [  # expand, width, blocks, stride of the first
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ]
        features, channels = [conv_bn_relu(3, 32, stride=2)], 32
        for expand, width, blocks, stride in plan:
            for i in range(blocks):
                features.append(InvertedResidual(channels, width, stride if i == 0 else 1, expand))
                channels = width
        features.append(conv_bn_relu(channels, 1280, kernel=1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x):
        x = self.features(x)
        x = nn.functional.adaptive_avg_pool2d(x, (1, 1))
        return self.classifier(torch.flatten(x, 1))


model = MobileNetV2()
"""

MOBILENET_V2_KERAS = """\
import keras
from keras import layers


def block(x, channels, width, stride, expand):
    y = x
    if expand > 1:
        y = layers.Conv2D(expand * channels, 1, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        y = layers.ReLU(6.0)(y)
    y = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU(6.0)(y)
    y = layers.Conv2D(width, 1, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    return layers.Add()([x, y]) if stride == 1 and channels == width else y


inputs = keras.Input(shape=(224, 224, 3))
x = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False)(inputs)
x = layers.BatchNormalization()(x)
x = layers.ReLU(6.0)(x)
channels = 32
for expand, width, blocks, stride in [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]:
    for i in range(blocks):
        x = block(x, channels, width, stride if i == 0 else 1, expand)
        channels = width
x = layers.Conv2D(1280, 1, use_bias=False)(x)
x = layers.BatchNormalization()(x)
x = layers.ReLU(6.0)(x)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1000, activation="softmax")(x)
model = keras.Model(inputs, outputs)
"""

UNET = """\
import torch
from torch import nn


def double_conv(channels, width):
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    def __init__(self, channels=1, classes=2):
        super().__init__()
        widths = [64, 128, 256, 512]
        self.pool = nn.MaxPool2d(2)
        self.down = nn.ModuleList()
        for width in widths:
            self.down.append(double_conv(channels, width))
            channels = width
        self.bottom = double_conv(512, 1024)
        self.up = nn.ModuleList([nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in widths[::-1]])
        self.merge = nn.ModuleList([double_conv(2 * w, w) for w in widths[::-1]])
        self.last = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips)):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.last(x)


model = UNet()
"""

UNET_2015 = (
    UNET.replace(", padding=1", "")
    .replace("for down in self.down:", "for down, crop in zip(self.down, [88, 40, 16, 4]):")
    .replace("skips.append(x)", "skips.append(x[:, :, crop:-crop, crop:-crop])")
)

KERAS_BLOG = """\
import keras
from keras import layers

input_img = keras.Input(shape=(28, 28, 1))
x = layers.Conv2D(16, (3, 3), activation="relu", padding="same")(input_img)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
encoded = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(encoded)
x = layers.UpSampling2D((2, 2))(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
x = layers.UpSampling2D((2, 2))(x)
x = layers.Conv2D(16, (3, 3), activation="relu")(x)
x = layers.UpSampling2D((2, 2))(x)
decoded = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
autoencoder = keras.Model(input_img, decoded)
"""

NETWORKS: dict[str, Network] = {
    "lenet5": Network(
        "LeNet-5",
        32,
        1,
        "No padding anywhere: digits of 28 × 28 come on 32 × 32.",
        "LeCun et al. 1998, doi 10.1109/5.726791; its C3 connected fully",
        LENET5,
    ),
    "vgg16": Network(
        "VGG-16",
        224,
        3,
        "Thirteen convolutions padded by 1, five poolings without padding.",
        "Simonyan and Zisserman 2014, arXiv 1409.1556; torchvision's vgg16",
        VGG16,
    ),
    "resnet18": Network(
        "ResNet-18",
        224,
        3,
        "Five layers with stride 2 on its main path, each padded by the same number on both sides.",
        "He et al. 2015, arXiv 1512.03385; torchvision's resnet18",
        RESNET18,
    ),
    "resnet50_keras": Network(
        "ResNet-50 of Keras",
        224,
        3,
        "Its later strides sit in convolutions of 1 × 1, which need no padding but skip pixels.",
        "He et al. 2015, arXiv 1512.03385; keras.applications.ResNet50",
        RESNET50_KERAS,
    ),
    "mobilenet_v2": Network(
        "MobileNetV2",
        224,
        3,
        "Every convolution of 3 × 3 is padded by 1 on both sides, also with stride 2.",
        "Sandler et al. 2018, arXiv 1801.04381; torchvision's mobilenet_v2",
        MOBILENET_V2,
    ),
    "mobilenet_v2_keras": Network(
        "MobileNetV2 of Keras",
        224,
        3,
        "With stride 2 on an even size, Keras pads the bottom and the right only.",
        "Sandler et al. 2018, arXiv 1801.04381; keras.applications.MobileNetV2, whose explicit "
        "padding before strides is that of 'same'",
        MOBILENET_V2_KERAS,
    ),
    "unet": Network(
        "U-Net, padded",
        256,
        1,
        "Convolutions padded by 1, so that the output can have the input's size.",
        "Ronneberger et al. 2015, arXiv 1505.04597, padded as most code has it",
        UNET,
    ),
    "unet_2015": Network(
        "U-Net of the paper",
        572,
        1,
        "No padding: the skips are cropped, and the output is smaller than the input.",
        "Ronneberger et al. 2015, arXiv 1505.04597",
        UNET_2015,
    ),
    "keras_blog": Network(
        "Keras blog's autoencoder",
        28,
        1,
        "All convolutions are 'same' but one in the decoder, which takes 16 to 14.",
        "F. Chollet 2016, blog.keras.io/building-autoencoders-in-keras.html",
        KERAS_BLOG,
    ),
    "post": Network(
        "The post's autoencoder",
        28,
        1,
        "Five 'same' convolutions, two poolings without padding, two upsamplings.",
        "Cross Validated 454768",
        keras_code(walk(parse_stack(POST), 28, 28, 1, "keras")),
    ),
}
"""By the name that the command line and a link use."""


@cache
def network(name: str) -> Reading:
    """The network called `name`. Raises InputError where there is none."""
    if name not in NETWORKS:
        raise InputError(f"network: {name[:40]!r}: expected one of {', '.join(NETWORKS)}")
    return read(NETWORKS[name].code)
