"""The entry: the start page, at the address "/".

The other pages are Streamlit's automatic ones: `pages/impact.py` is served at `/impact` from the
server's very first request. (`st.navigation` registers its pages only once the entry has run, so
the first visitor of a deep link would meet "page not found".)
"""

import streamlit as st

from pages.sections.start.page import FRAME, page
from pages.shared.frame import STAGE, START, show
from pages.shared.hide import HIDE

if st.query_params.keys() - {
    FRAME,
    HIDE,
    STAGE,
}:  # a link from when this address was the autoencoder's
    st.switch_page("pages/autoencoder.py", query_params=st.query_params.to_dict())
show(START, page)
