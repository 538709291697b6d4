"""The team screen: what is lost next, on the wall. Drawn once; then the component asks for its figures alone."""

import streamlit as st

from ui import wall

wall.draw(st.query_params.get("token", ""))
