"""A small OpenID Connect provider: discovery, authorization code with PKCE, ID tokens signed with RS256.

It signs everybody in as ``account`` without asking. It checks what a client has to send, and refuses the rest.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT: Final = "desk48-test"
SECRET: Final = "a secret of the client"


class Provider(ThreadingHTTPServer):
    """``account``: the claims about whoever signs in next. ``asked``: the authorization requests, newest last."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.account: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.audience = CLIENT

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.account, self.key)


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            issuer = self.server.issuer
            told = {"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize"}
            told |= {"token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys"}
            self._json(told | {"code_challenge_methods_supported": ["S256"], "response_types_supported": ["code"]})
        elif parts.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        elif parts.path == "/authorize" and asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256":
            code = secrets.token_urlsafe(16)
            self.server.asked.append(asked)
            self.server.codes[code] = asked
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()
        else:
            self.send_error(400)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = self.server.codes.pop(form["code"][0], None)  # a code works once
        told = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).rstrip(b"=")
        known = self.headers.get("Authorization") == f"Basic {told}"
        if asked is None or not known or challenge.decode() != asked["code_challenge"]:
            self.send_error(400)
            return
        token = self.server.id_token(asked)
        self._json({"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": token})

    def _json(self, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Provider]:
    """The provider on a free port of this computer."""
    with Provider() as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        yield provider
        provider.shutdown()


def secrets_toml(provider: Provider, address: str) -> str:
    """What Streamlit's secrets say of it."""
    return (
        f'[auth]\nredirect_uri = "{address}/oauth2callback"\ncookie_secret = "{secrets.token_hex(16)}"\n'
        f'[auth.house]\ntitle = "House"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
        f'server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"\n'
    )
