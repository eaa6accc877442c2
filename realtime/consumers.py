"""The door for sockets: who comes in, to which edition, for which streams. Everything after that is the hub's.

A consumer is no member of the channel layer and handles no journal message: it hands its raw `send` to
the hub and from then on only reads what the page says.
"""

import time
from typing import Any

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer

from realtime import wire
from realtime.hub import hub
from realtime.listener import Listener
from realtime.reads import heads_with_times
from realtime.visitors import receive_visitor, session_key_of

MESSAGES_PER_SECOND = 20
MOST_STREAMS = 64


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """One socket of one edition, at /ws/<slug>/."""

    # There is no layer of this name: a subscription per socket would cost more than all the rest.
    channel_layer_alias = "none"

    def __init__(self) -> None:
        self._listener: Listener | None = None
        self._second, self._said = 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._listener is not None:
                hub.remove(self._listener)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """To the method of the message's type. The inherited one changes threads for each message."""
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        await handlers[message["type"]](message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = self.scope["headers"]
        self._slug = self.scope["url_route"]["kwargs"]["slug"]
        self._session_key = session_key_of(headers)
        visitor = await database_sync_to_async(receive_visitor)(slug=self._slug, session_key=self._session_key, streams=())
        await self.base_send({"type": "websocket.accept"})
        if visitor is None:
            # Accepted first: a page can read the code of a close, not the status of a failed handshake.
            await self.base_send(wire.close_message(wire.NO_SUCH_EDITION))
            return
        self._listener = Listener(
            send=self.base_send,
            edition_id=visitor.edition_id,
            person_id=visitor.person_id,
            session_key=self._session_key,
            agent=dict(headers).get(b"user-agent", b"").decode("latin-1"),
            abort=self.scope.get("extensions", {}).get("estrade.abort", {}).get("call"),
        )
        hub.add(self._listener)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        listener = self._listener
        if listener is None or listener.is_gone:
            return
        try:
            self._count_message()
            said = wire.read_message(message.get("text"))
            if isinstance(said, wire.Greeting):
                hub.greet(listener)
            else:
                await self._subscribe(listener, said.streams)
        except wire.Garbage as garbage:
            listener.close(garbage.code)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    def _count_message(self) -> None:
        second = int(time.monotonic())
        self._said = self._said + 1 if second == self._second else 1
        self._second = second
        if self._said > MESSAGES_PER_SECOND:
            raise wire.Garbage(wire.NOT_ALLOWED)

    async def _subscribe(self, listener: Listener, places: dict[str, int]) -> None:
        """Answer with the heads of what is allowed and a refusal for the rest; the page fetches what it lacks."""
        visitor = await database_sync_to_async(receive_visitor)(
            slug=self._slug, session_key=self._session_key, streams=places.keys()
        )
        if visitor is None or visitor.edition_id != listener.edition_id:
            listener.close(wire.RESUME)
            return
        if visitor.person_id != listener.person_id:
            listener.close(wire.SIGNED_OUT)
            return
        if len(listener.streams | visitor.may_hear) > MOST_STREAMS:
            raise wire.Garbage(wire.NOT_ALLOWED)
        for stream in places.keys() - visitor.may_hear:
            listener.offer(f"no {stream}", wire.refusal_frame(stream))
        if visitor.may_hear:
            # First the ears, then the heads: what is recorded between the two comes as a frame.
            hub.subscribe(listener, visitor.may_hear)
            heads, at = await database_sync_to_async(heads_with_times)(edition_id=listener.edition_id, streams=visitor.may_hear)
            listener.offer("heads", wire.heartbeat_frame(heads=heads, at=at))
