"""How words and numbers stand on every page."""

TEXT = 620  # pixels: about 70 characters

SHOW_ME = "just show me"  # for who would rather not guess


def change(share: float) -> str:
    """A change in words: "23.1 % lower"."""
    return f"{abs(share) * 100:.1f} % {'lower' if share < 0 else 'higher'}"


def percent(share: float) -> str:
    """A share with two significant digits or none after the point: "59 %", "0.13 %", "198 %"."""
    return f"{share * 100:.0f} %" if share > 0.1 else f"{share * 100:.2g} %"
