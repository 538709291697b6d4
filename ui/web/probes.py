"""Where Streamlit's page looks for its server, below a team screen's own address: there is nothing.

The page asks for health at ``/screen/_stcore/`` before it asks at ``/_stcore/``, and takes the first place that answers
for its server. The gate would lead it to the sign-in, which answers: then the screen would stay dark for good.
"""

from typing import Final

from ui.web.asgi import App, Message, Receive, Send, refuse

BELOW: Final = "/screen/_stcore/"
NOTHING_HERE: Final = "There is nothing here."


class Probes:
    """Answers 404 there, before the gate."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(BELOW):
            await refuse(scope, receive, send, 404, NOTHING_HERE)
        else:
            await self.app(scope, receive, send)
