"""Cuts the byte stream of an event socket into frames, in linear time and bounded memory."""

from __future__ import annotations

from controlplane.live.errors import ProtocolError
from controlplane.live.esl.messages import Message, frame_headers, read_frame

LONGEST_HEADER = 1 << 20
"""Bytes of a block of headers; that of the connect answer holds every channel variable."""

LONGEST_BODY = 64 << 20
"""Bytes; `show channels` of a busy engine runs to some megabytes."""


class Parser:
    """Feed it what arrives, in pieces of any size. After a ProtocolError it stays broken."""

    def __init__(
        self, longest_header: int = LONGEST_HEADER, longest_body: int = LONGEST_BODY
    ) -> None:
        self._longest_header = longest_header
        self._longest_body = longest_body
        self._buffer = bytearray()
        self._searched = 0
        """Up to here the buffer holds no blank line."""
        self._headers: dict[str, str] | None = None
        """Those of the frame whose body is still to come."""
        self._body = 0
        self._fault = ""

    @property
    def midway(self) -> bool:
        """Whether a message has begun that is not complete."""
        return bool(self._buffer) or self._headers is not None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now. Raises ProtocolError, and nothing else."""
        if self._fault:
            raise ProtocolError(self._fault)
        self._buffer += data
        try:
            return self._messages()
        except ProtocolError as error:
            self._fault = str(error)
            self._buffer.clear()
            raise

    def _messages(self) -> list[Message]:
        buffer, messages, position = self._buffer, [], 0
        while True:
            if self._headers is None:
                # The engine ends some answers with one line feed more than the frame needs.
                while buffer.startswith(b"\n", position):
                    position += 1
                end = self._block_end(position)
                if end is None:
                    break
                self._headers = frame_headers(bytes(buffer[position:end]))
                self._body = self._length(self._headers)
                position = end + 2
            end = position + self._body
            if end > len(buffer):
                break
            messages.append(read_frame(self._headers, bytes(buffer[position:end])))
            self._headers, position = None, end
            self._searched = end
        # Once for each piece, or small frames in large pieces would be moved again and again.
        del buffer[:position]
        self._searched = max(0, self._searched - position)
        return messages

    def _block_end(self, position: int) -> int | None:
        """Where the headers that start at `position` end; None while that has not arrived."""
        buffer = self._buffer
        end = buffer.find(b"\n\n", max(position, self._searched - 1))
        if (end if end >= 0 else len(buffer)) - position > self._longest_header:
            raise ProtocolError("an ESL frame has headers without end")
        if end < 0:
            self._searched = len(buffer)
            return None
        return end

    def _length(self, headers: dict[str, str]) -> int:
        text = headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise ProtocolError("the Content-Length of an ESL frame is not a number")
        length = int(text)
        if length > self._longest_body:
            raise ProtocolError(f"an ESL frame announces {length} bytes")
        return length
