"""uvicorn's socket protocol, with the two things that a full hall needs of it."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SWITCHING_PROTOCOLS = 101


class HallProtocol(WebSocketsSansIOProtocol):
    """Offers `scope["extensions"]["estrade.abort"]`, and closes on invalid text without a traceback in the log."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == SWITCHING_PROTOCOLS:
            # A polite close waits until the other side has read what is on its way: one that never reads stays for ever.
            extensions: Any = self.scope["extensions"]
            extensions["estrade.abort"] = {"call": self.transport.abort}

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()
