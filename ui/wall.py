"""The one component with front-end code of ours: the team screen. Its files lie in ``ui/wall``.

They are served as files, so that no script stands in the page and none is made out of text: a strict
content security policy lets them pass.
"""

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.desk.build import build_id
from ui.wall_texts import all_texts

PACKAGE: Final = "desk48"
NAME: Final = "wall"


def draw(token: str) -> None:
    """Put the screen over the whole page. What the token opens, only the figures' route knows."""
    manager = get_bidi_component_manager()
    full_name = f"{PACKAGE}.{NAME}"
    if manager.get_component_asset_root(full_name) is None:
        # Streamlit finds the folder of a component by the manifest of an installed package, and we are none.
        manifest = ComponentManifest(PACKAGE, build_id(), [ComponentConfig(NAME, asset_dir=NAME)])
        manager.register_from_manifest(manifest, Path(__file__).parent)
    component = st.components.v2.component(full_name, js="wall.js", css="wall.css")
    component(key="wall", data={"token": token, "build": build_id(), "texts": all_texts()})
