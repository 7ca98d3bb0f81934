"""How words and numbers stand on every page."""

import re
from collections.abc import Iterable

TEXT = 620  # pixels: about 70 characters


def change(share: float) -> str:
    """A change in words: "23.1 % lower", "the same to 0.1 %", "12.5 times as high"."""
    if share > 9:
        return f"{1 + share:.3g} times as high"
    written = f"{abs(share) * 100:.1f}"
    if not float(written):
        return "the same to 0.1 %"
    return f"{written} % {'lower' if share < 0 else 'higher'}"


def listed(names: Iterable[str]) -> str:
    """Names in a row: "a", "a and b", "a, b and c"; nothing for none."""
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def capitalized(words: str) -> str:
    """Words as a sentence begins: the first letter large, all others as they are."""
    return words[:1].upper() + words[1:]


def uncapitalized(words: str) -> str:
    """Words as they stand within a sentence."""
    return words[:1].lower() + words[1:]


def unbroken(sentence: str) -> str:
    """A sentence whose units stay beside their numbers."""
    return re.sub(r"(?<=\d) (?=%|px|nats|points)| (?=±)|(?<=±) (?=\d)", "\u00a0", sentence)


def bulleted(sentences: Iterable[str]) -> str:
    """Sentences one below the other, each `unbroken`."""
    return unbroken("\n".join(f"- {sentence}" for sentence in sentences))


def percent(share: float, digits: int = 1, *, sign: bool = False) -> str:
    """A share rounded to `digits` after the point: "22.9 %", "−0.3 %", "1,250.0 %".

    With its `sign`: "+2.5 %"; what is rounded to 0 has none.
    """
    written = f"{100 * share:{'+' if sign else ''},.{digits}f} %"
    return (written if round(100 * share, digits) else written.lstrip("+-")).replace("-", "−")


def rough(share: float) -> str:
    """A share with two significant digits or none after the point: "59 %", "0.13 %", "198 %"."""
    return f"{share * 100:.0f} %" if share > 0.1 else f"{share * 100:.2g} %"
