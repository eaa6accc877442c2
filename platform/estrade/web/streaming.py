"""Answers that leave piece by piece, under the asynchronous server and under a synchronous client alike.

Django hands a synchronous iterator to an asynchronous server as one list: a whole file in memory. Here each piece is
fetched in a thread when the last one has left.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.http import StreamingHttpResponse

PIECE = 256 * 1024


class Streamed(StreamingHttpResponse):
    """`pieces` may read files, not the database: the request's connection is not theirs."""

    def __init__(self, pieces: Iterable[bytes], **options: Any) -> None:
        self._pieces = iter(pieces)
        super().__init__(self._pieces, **options)

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        while (piece := await asyncio.to_thread(next, self._pieces, None)) is not None:
            yield piece


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file's bytes. Opened when the first piece is asked for: an answer that nobody reads leaves nothing open."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
