"""The talk, a slide at a time, and on a phone the vote that a slide asks for."""

import streamlit as st

from core.limits import limits
from pages.sections.stage import talk, vote
from pages.shared import controls
from pages.shared.frame import LOOK, warm_up
from pages.shared.guard import plain_errors

PHONE = 480  # pixels: the widest that a vote needs

st.set_page_config("What padding does · Padding Lab", layout="wide")
st.html(LOOK)
controls.remember_link("stage")
with plain_errors("stage"):
    limits()
    if vote.VOTE in st.query_params:
        with st.container(key="ballot", width=PHONE):
            vote.voter(st.query_params[vote.VOTE])
    else:
        talk.show()
warm_up("stage")
