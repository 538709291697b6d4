"""The server: ``streamlit run app.py``. Opens the base, then serves the pages, the sign-in and health.

The pages are run by ``ui/shell.py`` and not from here: Streamlit would run the files of ``pages/``
beside its entry script on a direct link, past the shell.
"""

import asyncio
import gc
import importlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config

from core.desk import privacy, server
from core.desk.screen_route import Figures
from core.store import chain_key, migrate
from core.store import engine as store_engine
from ui.web import accounts, front, sign_in
from ui.web.accounts import Exchange
from ui.web.gate import Gate
from ui.web.headers import Headers

WARM: Final = (
    "adbc_driver_sqlite.dbapi",
    "altair",
    "pandas",
    "pyarrow.dataset",
    "babel.dates",
    "babel.numbers",
    "fastexcel",
    "xlsxwriter",
    "core.desk.cases",
    "core.desk.exports",
    "core.desk.imports",
    "core.desk.orders",
    "core.desk.rules",
    "core.desk.samples",
    "core.desk.settings",
    "streamlit.elements.arrow",
    "streamlit.elements.vega_charts",
)
"""What pages would import on the first look: slow once, then the same for everybody."""
FIRST_WIPE: Final = 60.0
"""Seconds from the start to the first look for personal data that is due."""

EXPOSED: Final = (
    "other computers would reach it, and nobody has to sign in yet. Make the first admin: python -m core add-admin "
    "NAME (or set a provider, see README.md), or let it listen on this computer only: --server.address=127.0.0.1"
)


def prepare_base() -> None:
    """Bring the base up to date, or end the process with one sentence and exit code 1."""
    try:
        base = store_engine.open_engine(store_engine.database_url())
        migrate.upgrade(base)
        chain_key.check(base)
        base.dispose()
    except store_engine.StoreUnavailable as trouble:
        raise SystemExit(f"Desk48 cannot start: {trouble}") from None


def prepare_front() -> front.Front:
    """How the desk is reached; ends the process with one sentence where that would let anybody in."""
    try:
        found = front.read()
    except ValueError as trouble:
        raise SystemExit(f"Desk48 cannot start: {trouble}") from None
    here = server.is_loopback_host(str(config.get_option("server.address") or "0.0.0.0"))
    if not accounts.sign_in_is_on() and (found.netloc or not here):
        raise SystemExit(f"Desk48 cannot start: {EXPOSED}")
    return found


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None, None]:
    """Import what pages need and take it out of the garbage collector's sight.

    Streamlit collects fully after every run of a page; without this, each run walks through all
    that the imports have left in memory.
    """
    for name in WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    wiping = asyncio.create_task(wipe_due())
    yield
    wiping.cancel()


async def wipe_due() -> None:
    """Look every hour for personal data that is due; what goes wrong once is tried again the next hour."""
    wait = FIRST_WIPE
    while True:
        await asyncio.sleep(wait)
        wait = privacy.EVERY.total_seconds()
        try:
            await asyncio.to_thread(privacy.scheduled)
        except Exception as trouble:  # whatever it is, the server goes on; its text may name somebody
            logging.getLogger("desk48").error("personal data that is due was not wiped: %s", type(trouble).__name__)


prepare_base()
screens = Figures()
app = st.App(
    "ui/shell.py",
    lifespan=lifespan,
    routes=[Route("/healthz", server.health), Route("/screen/figures", screens.answer), *sign_in.ROUTES],
    middleware=[Middleware(Headers), Middleware(Gate, prepare_front(), screens.opens), Middleware(Exchange)],
)
