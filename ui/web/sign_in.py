"""The sign-in: routes of their own, before and outside Streamlit. Passwords never pass through a widget."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import parse_qs

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core.desk import passwords, people, sessions
from core.desk.base import utc_now
from core.desk.limiter import NO_WAIT, Limiter
from core.desk.settings import Unclear
from core.policy.words import N_
from ui.text import LANGUAGES, Text, pick, text
from ui.web import accounts, cookies, page
from ui.web.asgi import cookie, cookie_name, desk

STYLE: Final = Path(__file__).with_name("sign_in.css")
LARGEST: Final = 8192
"""Bytes of a form that are read."""
GUESSES: Final = Limiter(free=20)
"""Wrong passwords and made-up links of one network address; an office behind one address has some to spare."""
_AT_ONCE: Final = 2
"""How many passwords are compared at once: each takes 64 MiB and a core."""

DIFFERENT: Final = N_("The two are not the same. Type the new password twice.")
USED: Final = N_("This link is used up or too old. Ask an admin of your team for a new one.")
PROBLEMS: Final = {
    "wrong": N_("That did not work. Check name and password; after several failures, wait some minutes."),
    "unknown": N_("This account is not known here. Ask an admin of your team to enter its e-mail address."),
    "failed": N_("Your provider did not sign you in. Try again."),
}
FOREIGN: Final = "Refused: this form was not sent from a page of this address."
Result = TypeVar("Result")


def _words(request: Request, wish: str = "") -> Text:
    """The language: that of the form or link, else the browser's."""
    wish = wish or request.query_params.get("lang", "")
    return text(wish if wish in LANGUAGES else pick(request.headers.get("accept-language")))


async def _off_thread(work: Callable[[], Result]) -> Result:
    return await anyio.to_thread.run_sync(work)


async def _hashing(work: Callable[[], Result]) -> Result:
    """Run what compares or makes a hash; the rest waits its turn."""
    return await anyio.to_thread.run_sync(work, limiter=_turns())


def _turns() -> anyio.CapacityLimiter:
    if "turns" not in _TURNS:
        _TURNS["turns"] = anyio.CapacityLimiter(_AT_ONCE)
    return _TURNS["turns"]


_TURNS: Final[dict[str, anyio.CapacityLimiter]] = {}
"""Made with the first use: it belongs to the server's event loop."""


async def _form(request: Request) -> dict[str, str] | Response:
    """The fields of a form of ours, or what refuses it."""
    if not cookies.is_own_form(request.scope, request.headers.getlist("origin"), request.headers.get("host", "")):
        return PlainTextResponse(FOREIGN + "\n", 403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return PlainTextResponse("Too long.\n", 413)
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return PlainTextResponse("Too many fields.\n", 413)
    # PostgreSQL keeps no NUL, and nobody's name has one.
    return {name: values[-1].replace("\0", "") for name, values in fields.items()}


def _wait(request: Request, words: Text) -> Response | None:
    """What who guessed too often is told; None where they may try."""
    left = GUESSES.wait(cookies.peer(request.scope), utc_now())
    if left <= NO_WAIT:
        return None
    seconds = int(left.total_seconds()) + 1
    said = page.problem(
        words.n_("Too many failures: wait {n} second.", "Too many failures: wait {n} seconds.", seconds)
    )
    answer = page.answer(words, words._("Sign in"), said, "/sign-in", {}, 429)
    answer.headers["retry-after"] = str(seconds)
    return answer


def _sign_in_page(words: Text, target: str, problem: str = "", who: str = "", status: int = 200) -> HTMLResponse:
    providers = accounts.providers()
    body = page.problem(words._(PROBLEMS[problem])) if problem in PROBLEMS else ""
    body += page.password_form(words, target, who) + page.provider_links(words, providers, target)
    return page.answer(words, words._("Sign in"), body, "/sign-in", {"next": target}, status)


async def show(request: Request) -> Response:
    """``GET /sign-in``: the form; who is signed in already is told so."""
    words, target = _words(request), cookies.local(request.query_params.get("next"))
    if not await _off_thread(accounts.sign_in_is_on):
        return RedirectResponse(target, 303)
    token = cookie(request.scope, cookie_name(request.scope))
    person = await _off_thread(lambda: sessions.person_of(desk(), token, utc_now()))
    if person is not None:
        return page.answer(words, words._("Sign in"), page.signed_in(words, person.name), "/sign-in", {})
    return _sign_in_page(words, target, request.query_params.get("problem", ""))


async def sign_in(request: Request) -> Response:
    """``POST /sign-in``: a session for the right password, else the same answer whatever was wrong."""
    fields = await _form(request)
    if isinstance(fields, Response):
        return fields
    words = _words(request, fields.get("lang", ""))
    refused = _wait(request, words)
    if refused is not None:
        return refused
    who, target, now = fields.get("name", ""), cookies.local(fields.get("next")), utc_now()
    origin = cookies.origin(request.scope, "password")
    token = await _hashing(lambda: sessions.with_password(desk(), who, fields.get("password", ""), origin, now))
    if token is None:
        GUESSES.failed(cookies.peer(request.scope), now)
        return _sign_in_page(words, target, "wrong", who, 403)
    return await _begin(request, token, target)


async def _begin(request: Request, token: str, target: str) -> Response:
    """Hand a new session over; one that this browser had ends."""
    old = cookie(request.scope, cookie_name(request.scope))
    if old:
        await _off_thread(lambda: sessions.end(desk(), old, utc_now()))
    answer = RedirectResponse(target, 303, {"cache-control": "no-store"})
    answer.headers.append("set-cookie", cookies.session(request.scope, token))
    return answer


async def with_provider(request: Request) -> Response:
    """``GET /sign-in/with?provider=NAME``: on to the provider, remembering where to go afterwards."""
    name = request.query_params.get("provider", "")
    if name not in accounts.providers():
        return RedirectResponse("/sign-in", 303)
    answer = RedirectResponse(accounts.way_to(name), 303, {"cache-control": "no-store"})
    answer.headers.append("set-cookie", cookies.way_back(request.query_params.get("next", "")))
    return answer


async def sign_out(request: Request) -> Response:
    """``POST /sign-out``: the session ends, and with it every page that it opened."""
    fields = await _form(request)
    if isinstance(fields, Response):
        return fields
    name = cookie_name(request.scope)
    token = cookie(request.scope, name)
    if token:
        await _off_thread(lambda: sessions.end(desk(), token, utc_now()))
    answer = RedirectResponse(f"/sign-in?lang={_words(request, fields.get('lang', '')).lang}", 303)
    answer.headers.append("set-cookie", cookies.dropped(name))
    return answer


def _new_password_page(words: Text, token: str, name: str | None, problem: str = "", status: int = 200) -> HTMLResponse:
    """The form for a new password; where the link is not good (no name), only that."""
    if name is None:
        body = page.problem(words._(USED))
    else:
        body = page.problem(problem) if problem else ""
        body += page.new_password_form(words, token, name, passwords.SHORTEST)
    return page.answer(words, words._("New password"), body, "/sign-in/password", {"token": token}, status)


async def show_new_password(request: Request) -> Response:
    """``GET /sign-in/password?token=…``: the form behind a link that an admin made."""
    words, token = _words(request), request.query_params.get("token", "")
    refused = _wait(request, words)
    if refused is not None:
        return refused
    name = await _off_thread(lambda: people.link_of(desk(), token, utc_now()))
    if name is None:
        GUESSES.failed(cookies.peer(request.scope), utc_now())
    return _new_password_page(words, token, name, status=200 if name else 403)


async def set_new_password(request: Request) -> Response:
    """``POST /sign-in/password``: keep the password and sign in; the link is used up."""
    fields = await _form(request)
    if isinstance(fields, Response):
        return fields
    words, token = _words(request, fields.get("lang", "")), fields.get("token", "")
    refused = _wait(request, words)
    if refused is not None:
        return refused
    now, password = utc_now(), fields.get("password", "")
    name = await _off_thread(lambda: people.link_of(desk(), token, now))
    if name is not None and password != fields.get("again"):
        return _new_password_page(words, token, name, words._(DIFFERENT), 422)
    origin = cookies.origin(request.scope, "password")
    try:
        session = await _hashing(lambda: people.use_link(desk(), token, password, origin, now))
    except Unclear as unclear:
        return _new_password_page(words, token, name, words._(unclear.sentence, text=unclear.text), 422)
    if session is None:
        GUESSES.failed(cookies.peer(request.scope), now)
        return _new_password_page(words, token, None, status=403)
    return await _begin(request, session, cookies.HOME)


async def style(_: Request) -> Response:
    """``GET /sign-in/style.css``."""
    return FileResponse(STYLE, media_type="text/css", headers={"cache-control": "max-age=3600"})


ROUTES: Final = (
    Route("/sign-in", show, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-in/with", with_provider, methods=["GET"]),
    Route("/sign-in/password", show_new_password, methods=["GET"]),
    Route("/sign-in/password", set_new_password, methods=["POST"]),
    Route("/sign-in/style.css", style, methods=["GET"]),
    Route("/sign-out", sign_out, methods=["POST"]),
)
