"""The sign-in pages as HTML: rendered on the server, without a script. Everything that is put in is escaped."""

from html import escape
from typing import Final
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from ui.text import LANGUAGES, Text
from ui.web.cookies import HOME

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def answer(words: Text, title: str, body: str, here: str, keep: dict[str, str], status: int = 200) -> HTMLResponse:
    """A whole page around ``body`` (HTML). ``here`` is its path; ``keep`` goes along when the language is changed."""
    languages = "".join(_language(words, code, here, keep) for code in LANGUAGES)
    html = (
        f'<!DOCTYPE html><html lang="{_tag(words.lang)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{escape(title)} · Desk48</title><link rel="icon" href="/favicon.png">'
        '<link rel="stylesheet" href="/sign-in/style.css"></head><body><main>'
        f'<p class="name">Desk48</p><h1>{escape(title)}</h1>{body}</main><nav>{languages}</nav></body></html>'
    )
    return HTMLResponse(html, status, {"cache-control": "no-store", "content-security-policy": POLICY})


def password_form(words: Text, target: str, who: str) -> str:
    """Name and password."""
    button = words._("Sign in")
    return (
        f'<form method="post" action="/sign-in">{hidden("next", target)}{hidden("lang", words.lang)}'
        + _field(words._("Name or e-mail"), "name", "text", "username", who, autofocus=not who)
        + _field(words._("Password"), "password", "password", "current-password", "", autofocus=bool(who))
        + f"<button>{escape(button)}</button></form>"
    )


def provider_links(words: Text, providers: dict[str, str], target: str) -> str:
    """One link for each provider."""
    return "".join(
        f'<a class="button second" href="/sign-in/with?{escape(urlencode({"provider": name, "next": target}))}">'
        + escape(words._("Sign in with {provider}", provider=title) if title else words._("Sign in with your account"))
        + "</a>"
        for name, title in providers.items()
    )


def signed_in(words: Text, name: str) -> str:
    """Who is signed in already, and both ways on."""
    on, out = words._("Go on"), words._("Sign out")
    return (
        paragraph(words._("You are signed in as {name}.", name=name))
        + f'<a class="button" href="{HOME}">{escape(on)}</a>'
        + f'<form method="post" action="/sign-out">{hidden("lang", words.lang)}'
        + f'<button class="second">{escape(out)}</button></form>'
    )


def new_password_form(words: Text, token: str, name: str, shortest: int) -> str:
    """A new password, twice."""
    hint = words._("At least {n} characters. Several words in a row are good.", n=shortest)
    button = words._("Save and sign in")
    return (
        paragraph(words._("For {name}. Where you are signed in already, that ends.", name=name))
        + f'<form method="post" action="/sign-in/password">{hidden("token", token)}{hidden("lang", words.lang)}'
        + f'<input type="text" autocomplete="username" value="{escape(name)}" hidden>'
        + _field(words._("New password"), "password", "password", "new-password", "", hint=hint, autofocus=True)
        + _field(words._("The same once more"), "again", "password", "new-password", "")
        + f"<button>{escape(button)}</button></form>"
    )


def paragraph(sentence: str) -> str:
    return f"<p>{escape(sentence)}</p>"


def problem(sentence: str) -> str:
    return f'<p class="problem" role="alert">{escape(sentence)}</p>'


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _language(words: Text, code: str, here: str, keep: dict[str, str]) -> str:
    """The way to this page in another language."""
    link = escape(f"{here}?{urlencode({**keep, 'lang': code})}")
    current = ' aria-current="page"' if code == words.lang else ""
    return f'<a href="{link}" lang="{_tag(code)}"{current}>{escape(LANGUAGES[code])}</a>'


def _tag(code: str) -> str:
    return code.replace("_", "-")


def _field(
    label: str, name: str, kind: str, complete: str, value: str, *, hint: str = "", autofocus: bool = False
) -> str:
    said = f'<span class="hint">{escape(hint)}</span>' if hint else ""
    focus = " autofocus" if autofocus else ""
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" autocomplete="{complete}" value="{escape(value)}"'
        f' maxlength="250" required{focus}>{said}</label>'
    )
