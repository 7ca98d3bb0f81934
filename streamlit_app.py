"""The entry: the start page, at the address "/", and what the server does before it answers.

The other pages are Streamlit's automatic ones: `pages/impact.py` is served at `/impact` from the
server's very first request. (`st.navigation` registers its pages only once the entry has run, so
the first visitor of a deep link would meet "page not found".)
"""

import streamlit as st
from starlette.middleware import Middleware

from pages.sections.start.page import FRAME, page
from pages.shared.frame import STAGE, START, show
from pages.shared.hide import HIDE
from pages.shared.startup import AtHand, ready

if __name__ == "__main__":  # a visit
    if st.query_params.keys() - {
        FRAME,
        HIDE,
        STAGE,
    }:  # a link from when this address was the autoencoder's
        st.switch_page("pages/autoencoder.py", query_params=st.query_params.to_dict())
    show(START, page)
else:  # the server, which starts
    app = st.App(__file__, lifespan=ready, middleware=[Middleware(AtHand)])
