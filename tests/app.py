"""The app without a browser, for the tests of its pages."""

from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button


def open_page(topic: str, *, timeout: float = 60, **parameters: Any) -> AppTest:
    """A page with query parameters, drawn; by itself with all that can be folded away."""
    app = AppTest.from_file("../streamlit_app.py", default_timeout=timeout)
    app.switch_page(f"pages/{topic}.py")
    for name, value in {"open": "all", **parameters}.items():
        app.query_params[name] = str(value)
    return app.run()


def words(app: AppTest) -> str:
    """What the page says, its lines broken anywhere."""
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(part.value) for part in parts).replace("\u00a0", " ")


def errors(app: AppTest) -> list[str]:
    """What the page says has gone wrong."""
    assert not app.exception
    return [error.value for error in app.error]


def button(app: AppTest, label: str) -> Button:
    """The button with this label."""
    return next(button for button in app.button if button.label == label)


def click(app: AppTest, label: str) -> None:
    """Press the button with this label."""
    button(app, label).click().run()
