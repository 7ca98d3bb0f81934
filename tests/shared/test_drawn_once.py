"""What is the same for all who look is drawn once, and stands on everybody's page."""

from streamlit.testing.v1 import AppTest

DRAWN: list[tuple[str, int]] = []


def page() -> None:
    import streamlit as st

    from pages.shared.drawn_once import drawn_once, moment
    from tests.shared.test_drawn_once import DRAWN

    @drawn_once
    def section(name: str, *, times: int) -> str:
        DRAWN.append((name, times))
        left, right = st.columns(2)
        with left:
            st.markdown(f"**{name}**")
        right.caption(f"{times} times")
        return f"{name}: {times}"

    @moment
    def playing(step: int) -> None:
        DRAWN.append(("step", step))
        st.text(f"step {step}")

    times = int(st.number_input("times", value=1))
    with st.container():
        told = section("one", times=times)
    section("two", times=1)
    playing(times)
    st.text(told)


def said(app: AppTest) -> list[str]:
    assert not app.exception
    return [part.value for part in [*app.markdown, *app.caption, *app.text]]


def test_a_section_is_drawn_once_for_all_who_ask_for_the_same() -> None:
    DRAWN.clear()
    first = AppTest.from_function(page).run()
    assert said(first) == ["**one**", "**two**", "1 times", "1 times", "step 1", "one: 1"]
    once = [("one", 1), ("two", 1), ("step", 1)]
    assert once == DRAWN
    second = AppTest.from_function(page).run()
    assert said(second) == said(first)
    assert once == DRAWN
    second.number_input[0].set_value(2).run()
    assert said(second) == ["**one**", "**two**", "2 times", "1 times", "step 2", "one: 2"]
    assert [*once, ("one", 2), ("step", 2)] == DRAWN


def test_a_section_keeps_its_place() -> None:
    app = AppTest.from_function(page).run()
    again = app.run()
    assert [column.markdown[0].value for column in again.columns[::2]] == ["**one**", "**two**"]
    assert [column.caption[0].value for column in again.columns[1::2]] == ["1 times", "1 times"]
