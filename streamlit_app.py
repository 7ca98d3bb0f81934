"""The entry: it leads on to the first topic.

The pages are Streamlit's automatic ones: `pages/impact.py` is served at `/impact` from the
server's very first request. (`st.navigation` registers its pages only once the entry has run, so
the first visitor of a deep link would meet "page not found".)
"""

import streamlit as st

st.switch_page("pages/autoencoder.py", query_params=st.query_params.to_dict())
