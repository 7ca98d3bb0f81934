# ruff: noqa: E501  an address is not broken
"""An address that somebody has kept opens the same page, with the same settings and findings.

Addresses outlive what is inside: a name in one of them, a range or a preset's spelling must not
change, nor what the runs behind it say.
"""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.app import open_page

KEPT = """
autoencoder
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?guess=better
    In this run the loss per pixel fell by 20.2 % because it is divided by more pixels
    The border holds 0.14 % of the padded loss
autoencoder?guess=the+same
    In this run the loss per pixel fell by 20.2 % because it is divided by more pixels
    The border holds 0.14 % of the padded loss
autoencoder?guess=worse&pad_width=4
    In this run the loss per pixel fell by 36.3 % because it is divided by more pixels
    The border holds 0.23 % of the padded loss
autoencoder?guess=just+show+me&pad_width=1&images=5000
    In this run the loss per pixel fell by 12.2 % because it is divided by more pixels
    The border holds 0.073 % of the padded loss
autoencoder?pad_width=3
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?pad_width=0&guess=worse
    Nothing is padded, so there is nothing to explain
    One network, one image size
autoencoder?pad_width=5&pad_mode=constant&pad_level=0.3
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?guess=worse&pad_mode=constant&pad_level=0.5
    In this run the loss per pixel rose by 128.2 %: the border adds more than dividing by more pixels takes off
    The border holds 66 % of the padded loss
autoencoder?guess=better&pad_mode=noise
    In this run the loss per pixel rose by 126.3 %: the border adds more than dividing by more pixels takes off
    The border holds 66 % of the padded loss
autoencoder?guess=better&pad_mode=reflect&seed=4
    In this run the loss per pixel fell by 19.5 % because it is divided by more pixels
    The border holds 2.4 % of the padded loss
autoencoder?guess=worse&noise_first=true
    In this run the loss per pixel fell by 21.6 % because it is divided by more pixels
    The border holds 0.11 % of the padded loss
autoencoder?guess=worse&noise_first=TRUE
    In this run the loss per pixel fell by 21.6 % because it is divided by more pixels
    The border holds 0.11 % of the padded loss
autoencoder?guess=better&variation=inverted
    In this run the loss per pixel fell by 21.6 % because it is divided by more pixels
    The border holds 0.17 % of the padded loss
autoencoder?guess=better&variation=cropped&seed=1
    In this run the loss per pixel fell by 11.2 %, not only because it is divided by more pixels: on the shared pixels it fell by 1.2 %
    The border holds 15 % of the padded loss
autoencoder?variation=inverted&pad_mode=constant&pad_level=0.0
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?guess=better&train_size=60000&batch_size=128&learning_rate=0.001&images=600000
    In this run the loss per pixel fell by 22.6 % because it is divided by more pixels
    The border holds 0.12 % of the padded loss
autoencoder?guess=worse&train_size=60000&batch_size=128&learning_rate=1e-3&images=60000&seed=9
    In this run the loss per pixel fell by 20.9 % because it is divided by more pixels
    The border holds 0.18 % of the padded loss
autoencoder?guess=worse&loss_on=original
    In this run the loss per pixel fell by 19.5 % because it is divided by more pixels
    The border holds 4.2 % of the padded loss
autoencoder?guess=worse&reduction=sum&beta2=0.9
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?guess=worse&outside=cleared&output_bias=-2.1
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?guess=worse&depth=3&channels=8&images=60000
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?dataset=digits&noise_factor=0.25&padding_mode=circular&precision=bf16&device=cpu
    A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?
autoencoder?pad_width=99&pad_mode=mirror&images=7
    The link's pad_width must be a whole number from 0 to 8, not '99'. Showing 2.
    The link's pad_mode must be one of edge, constant, reflect, symmetric, wrap, noise, not 'mirror'. Showing edge.
    The link's images must be one of 5000, 20000, 60000, 120000, 240000, 600000, not '7'. Showing 20000.
loss
    Per pixel or in total: what does the number mean?
    The post's two losses: per pixel 24.2 % lower, in total 1.1 % lower
loss?guess=about+0.06
    53 % of the unpadded loss is a floor that no network gets below; 0.14 % of the padded loss lies on the border
    Per pixel the padded loss is 21.6 % lower, on the shared pixels 2.2 % higher
loss?guess=0&pair=4+px
    53 % of the unpadded loss is a floor that no network gets below; 0.23 % of the padded loss lies on the border
    Per pixel the padded loss is 36.4 % lower, on the shared pixels 4.8 % higher
loss?pair=8+px&seeds=1
    54 % of the unpadded loss is a floor that no network gets below; 0.5 % of the padded loss lies on the border
    Per pixel the padded loss is 55.9 % lower, on the shared pixels 8.3 % higher
loss?pair=Noise+border&seeds=5
    53 % of the unpadded loss is a floor that no network gets below; 66 % of the padded loss lies on the border
    Per pixel the padded loss is 124.4 % higher, on the shared pixels 0.7 % higher
loss?pair=Grey+border
    53 % of the unpadded loss is a floor that no network gets below; 66 % of the padded loss lies on the border
    Per pixel the padded loss is 126.0 % higher, on the shared pixels 1.2 % higher
loss?pair=Reflected+border
    53 % of the unpadded loss is a floor that no network gets below; 2.3 % of the padded loss lies on the border
    Per pixel the padded loss is 19.6 % lower, on the shared pixels 2.5 % higher
loss?pair=Noise+before+padding&seeds=10
    53 % of the unpadded loss is a floor that no network gets below; 0.11 % of the padded loss lies on the border
    Per pixel the padded loss is 21.9 % lower, on the shared pixels 1.9 % higher
loss?pair=Inverted+digits
    53 % of the unpadded loss is a floor that no network gets below; 0.15 % of the padded loss lies on the border
    Per pixel the padded loss is 21.8 % lower, on the shared pixels 2.0 % higher
loss?pair=Digits+to+the+edge
    84 % of the unpadded loss is a floor that no network gets below; 15 % of the padded loss lies on the border
    Per pixel the padded loss is 11.3 % lower, on the shared pixels 1.4 % lower
loss?pair=The+original+protocol:+60,000+images,+10+epochs
    60 % of the unpadded loss is a floor that no network gets below; 0.12 % of the padded loss lies on the border
    Per pixel the padded loss is 22.9 % lower, on the shared pixels 0.6 % higher
loss?pair=As+asked:+2+px,+edge
    53 % of the unpadded loss is a floor that no network gets below; 0.14 % of the padded loss lies on the border
    Per pixel the padded loss is 21.6 % lower, on the shared pixels 2.2 % higher
loss?pair=Digits
    53 % of the unpadded loss is a floor that no network gets below; 0.14 % of the padded loss lies on the border
    Per pixel the padded loss is 21.6 % lower, on the shared pixels 2.2 % higher
    The link's pair must be one of As asked: 2 px, edge, 1 px, 3 px, 4 px, 5 px, 6 px, 7 px, 8 px, Grey border, Noise border, Reflected border, Noise before padding, Inverted digits, Digits to the edge, The original protocol: 60,000 images, 10 epochs, not 'Digits'. Showing As asked: 2 px, edge.
loss?rows=28,28,0.099,;32,32,,102.4
    The second loss against the first: per pixel 1.0 % higher, in total 31.9 % higher
    53 % of the unpadded loss is a floor that no network gets below; 0.14 % of the padded loss lies on the border
loss?rows=28%2C28%2C%2C77.616%3B-3%2C32%2C0.1%2C
    One loss, two numbers
    53 % of the unpadded loss is a floor that no network gets below; 0.14 % of the padded loss lies on the border
shift_probe
    Before training
shift_probe?guess=perfectly
    Yes: after 16 steps it tells the upper left corner from all others
    4 of the 9 weights touch the target
    9 classes of positions, whatever the weights
    Proved: weights exist that single out the target
shift_probe?guess=no,+it+cannot&target_row=2&target_col=3
    Not this position: 63 other positions always get its score
    9 of the 9 weights touch the target
    9 classes of positions, whatever the weights
    Proved: no weights single out the target
shift_probe?padding=full
    No: on this image every position always has the same score
    9 of the 9 weights touch the target
    All positions of this image are one class
    Proved: no weights single out the target
shift_probe?padding_mode=circular
    No: on this image every position always has the same score
    9 of the 9 weights touch the target
    All positions of this image are one class
    Proved: no weights single out the target
shift_probe?padding_mode=symmetric&bias=true&guess=perfectly
    Yes: after 17 steps it tells the upper left corner from all others
    4 of the 9 weights touch the target
    9 classes of positions, whatever the weights
    Proved: weights exist that single out the target
shift_probe?padding_mode=partial&layers=2
    Yes: after 23 steps it tells the upper left corner from all others
    49 classes of positions, whatever the weights
    Proved: weights exist that single out the target
    On a large image one layer shows the border 2 px deep, five layers 6 px
shift_probe?size=3&kernel=4&padding=full&padding_mode=circular
    No: on this image every position always has the same score
    16 of the 16 weights touch the target
    All positions of this image are one class
    Proved: no weights single out the target
shift_probe?size=12&kernel=3&layers=2&padding=same&padding_mode=replicate
    Yes: after 20 steps it tells the upper left corner from all others
    25 classes of positions, whatever the weights
    Proved: weights exist that single out the target
    On a large image one layer shows the border 1 px deep, five layers 5 px
shift_probe?size=7&padding=valid&seed=3&target_row=3&target_col=3
    Not this position: 8 other positions always get its score
    9 of the 9 weights touch the target
    25 classes of positions, whatever the weights
    Proved: no weights single out the target
shift_probe?kernel=1
    No: on this image every position always has the same score
    The only weight touches the target
    All positions of this image are one class
    Proved: no weights single out the target
shift_probe?guess=perfectly&shift_down=-4&shift_right=3
    At the border the output no longer moves with the image
shift_probe?margin=3&guess=better+than+chance
    Yes: after 16 steps it tells the upper left corner from all others
    4 of the 9 weights touch the target
    9 classes of positions, whatever the weights
    Proved: weights exist that single out the target
shift_probe?size=99&padding=wide
    Yes: after 16 steps it tells the upper left corner from all others
    4 of the 9 weights touch the target
    9 classes of positions, whatever the weights
    Proved: weights exist that single out the target
    The link's size must be a whole number from 3 to 32, not '99'. Showing 10.
    The link's padding must be one of same, valid, full, not 'wide'. Showing same.
impact
    How much does each input pixel count?
impact?guess=243
    The centre counts 59,049 times as much as a corner
    A corner counts 44.4 % of the centre
    A corner counts 11.1 % of the centre
impact?guess=59,049&row=9&column=4
    The centre counts 59,049 times as much as a corner
    A corner counts 44.4 % of the centre
    A corner counts 11.1 % of the centre
impact?size=28&layers=conv3:same+conv3:same+conv3:same+conv3:same+conv3:same&against=conv3+conv3+conv3+conv3+conv3
    A corner counts 15.6 % of the centre
    A corner counts 0.00169 % of the centre
    41.9 % of its detail lies on pixels that count under a tenth
impact?size=28&layers=conv3s2:1+conv3s2:1+conv3s2:1&against=conv3s2:same+conv3s2:same+conv3s2:same
    20.5 % more paths above than below
    20.5 % more paths below than above
    11.1 % of its detail lies on pixels that count under a tenth
impact?size=224&layers=conv7x64s2:3+maxpool3s2:1+conv3x128s2:1+conv3x256s2:1+conv3x512s2:1&against=conv7x64s2:3+maxpool3s2:1+conv3x128s2:1+conv3x256s2:1+conv3x512s2:1&against_size=225
    15.5 % more paths above than below
    A corner counts 14.1 % of the centre
    0.571 % of its detail lies on pixels that count under a tenth
impact?layers=conv3:same/replicate&against=conv3:full
    Every pixel counts alike
impact?layers=conv3:same/reflect&against=conv3:same/partial&amount=paths
    A corner counts 44.4 % of the centre
    A corner counts 69.4 % of the centre
impact?layers=conv1:same/replicate&against=conv1
    Every pixel counts alike
impact?size=12&width=20&scale=log&layers=conv3d2:same+avgpool2+up2
    A corner counts 44.4 % of the centre
    A corner counts 11.1 % of the centre
impact?size=224&layers=conv3:valid+conv3x1s1d1:valid/zeros&against=conv3+conv3&scale=log&amount=paths
    A corner counts 1.23 % of the centre
impact?measured=true&draws=4&seed=1&activation=none
    The trained autoencoder
    A corner counts 44.4 % of the centre
    A corner counts 11.1 % of the centre
impact?measured=true&draws=3&seed=7&layers=conv5+conv1&size=9
    The trained autoencoder
    A corner counts 4 % of the centre
    A corner counts 11.1 % of the centre
impact?size=10000&row=-1&scale=cubic
    A corner counts 44.4 % of the centre
    A corner counts 11.1 % of the centre
    The link's size must be a whole number from 1 to 256, not '10000'. Showing 10.
    The link's scale must be one of linear, log, not 'cubic'. Showing linear.
    The link's row must be a whole number from 0 to 255, not '-1'. Showing 0.
shapes
    Why “same” in max pooling?
shapes?guess=4
    “same” makes 4 of 7, “valid” makes 3
    Why pad at all, and why “same”?
shapes?guess=3&kernel=5
    “same” makes 4 of 7, “valid” makes 3
    Why pad at all, and why “same”?
shapes?size=7&layers=maxpool2
    7 × 7 × 1 becomes 3 × 3 × 1, and 1 row and 1 column of the image are never seen
shapes?size=8&width=7&layers=maxpool2
    8 × 7 × 1 becomes 4 × 3 × 1, and 1 column of the image is never seen
shapes?size=32&convention=torch&layers=conv5x6+avgpool2+conv5x16+avgpool2+conv5x120+conv1x84+conv1x10
    32 × 32 × 1 becomes 1 × 1 × 10, and every pixel is seen
shapes?size=224&channels=3&convention=torch&layers=conv7x64s2:3+maxpool3s2:1+conv3x128s2:1+conv3x256s2:1+conv3x512s2:1
    224 × 224 × 3 becomes 7 × 7 × 512, and every pixel is seen, but padding stays unused in 5 layers
shapes?size=225&channels=3&convention=torch&layers=conv7x64s2:3+maxpool3s2:1+conv3x128s2:1+conv3x256s2:1+conv3x512s2:1
    225 × 225 × 3 becomes 8 × 8 × 512, and every pixel is seen
shapes?size=28&layers=conv3x32:same+maxpool2+conv3x32:same+maxpool2+conv3x32:same+up2+conv3x32:same+up2+conv3x1:same
    28 × 28 × 1 becomes 28 × 28 × 1, and every pixel is seen
shapes?size=28&layers=conv3x32:same+maxpool2s2:valid
    28 × 28 × 1 becomes 14 × 14 × 32, and every pixel is seen
shapes?convention=torch&layers=maxpool3s2:1/ceil+avgpool2:ceil
    28 × 28 × 1 becomes 8 × 8 × 1, and every pixel is seen
shapes?size=3&layers=up2+up3
    3 × 3 × 1 becomes 18 × 18 × 1, and every pixel is seen
shapes?layers=conv3:full
    layers: 'conv3:full': Keras has no 'full' padding: expected same, valid or a number, here 2 (a ZeroPadding2D before the layer).
shapes?convention=torch&layers=conv3s2:same
    layers: 'conv3s2:same': PyTorch refuses 'same' with a stride: expected a number or valid.
shapes?size=99999&layers=conv3:sane
    The link's size must be a whole number from 1 to 4096, not '99999'. Showing 28.
    layers: in 'conv3:sane', expected same, valid, full or a number from 0 to 512; found 'sane'.
check
    What does padding do in my network?
check?guess=15½+pixels
    At 224 × 224: 5 layers padded unevenly
check?guess=0+pixels&network=mobilenet_v2&size=225&against_size=224&padding=reflect
    At 225 × 225 everything fits, nothing is left out, and padding is even
check?network=unet&size=222&width=256
    At 222 × 256: 1 join of maps that differ in size
check?given=layers&layers=conv3x8s2:1+maxpool2&size=30
    At 30 × 30: rows or columns that are left out and 1 layer padded unevenly
check?given=code&size=32&code=eNpLK8rPVSjJL0rOUMjMLcgvKlHIy-Piys1PSc1RsAWy9YJTC0tT80oyE3M0gDzn_LwyoxQNQx0FCx0FYx2F4pKizJRUWyMdhYLElJTMvHRbQ00dkLagVJ9QDU1NLgAlaR5f
    At 32 × 32: 1 layer padded unevenly
check?guess=just+show+me&border_guess=few&digits_padding=same&readout=linear&pool=max&shifted=true
    At 224 × 224: 5 layers padded unevenly
check?given=paste&network=alexnet
    The link's given must be one of ready-made, layers, code, not 'paste'. Showing ready-made.
"""
"""Each address, and below it lines that its page has: headings, or what it says about the link."""


def links() -> dict[str, list[str]]:
    """What each address shows."""
    found: dict[str, list[str]] = {}
    for line in KEPT.strip().splitlines():
        if line.startswith(" "):
            found[list(found)[-1]].append(line.strip())
        else:
            found[line] = []
    return found


LINKS = links()


def lines(app: AppTest) -> list[str]:
    """A page's headings, those of figures included, and what it says about its link."""
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.warning, *app.error]
    return [part.value.strip("*").replace("\\", "") for part in shown]


def holds(app: AppTest, name: str, text: str) -> bool:
    """Whether the control `name` has the value that a link spells."""
    value = app.session_state[name]
    return str(value).lower() == text.lower() or (isinstance(value, float) and value == float(text))


def bound(app: AppTest) -> set[str]:
    """The names that the page's controls have in its address."""
    kinds = ("number_input", "slider", "select_slider", "selectbox", "toggle", "text_input")
    controls = [control for kind in (*kinds, "segmented_control") for control in getattr(app, kind)]
    return {control.proto.query_param_key for control in controls} - {""}


def names(page: str) -> set[str]:
    """All that the kept links ask of a page."""
    queries = (address.partition("?") for address in LINKS)
    return {name for topic, _, query in queries if topic == page for name, _ in parse_qsl(query)}


@pytest.mark.parametrize("address", LINKS)
def test_a_kept_link_opens_what_it_did(address: str) -> None:
    page, _, query = address.partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    app = open_page(page, timeout=120, **asked)
    assert not app.exception
    shown = lines(app)
    assert [line for line in LINKS[address] if line not in shown] == []
    said = "\n".join(element.value for element in app.warning)
    refused = {name for name in asked if f"The link's {name} " in said}
    assert len(refused) == len(app.warning)
    controls = asked.keys() - refused - {"rows", "code"}  # a table and a text are no bound controls
    assert {name for name in controls if not holds(app, name, asked[name])} == set()
    assert bound(app) <= names(page), "add a link with what the page can now be asked for"
