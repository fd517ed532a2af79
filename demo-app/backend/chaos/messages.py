"""Where the messages of a WebSocket end, in the bytes that its server sends."""

import struct

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
FINAL, OPCODE, MASKED, LENGTH = 0x80, 0x0F, 0x80, 0x7F
FIRST_CONTROL = 0x8


def frame(opcode, payload):
    """A whole message in one frame, as a server sends it: unmasked."""
    size = len(payload)
    if size < 126:
        header = struct.pack("!BB", FINAL | opcode, size)
    elif size < 1 << 16:
        header = struct.pack("!BBH", FINAL | opcode, 126, size)
    else:
        header = struct.pack("!BBQ", FINAL | opcode, 127, size)
    return header + payload


class Messages:
    """Follows a stream from its first byte on.

    `is_between` says whether a message may be inserted now: the handshake succeeded, and what came last is a whole message.
    Between the fragments of one it may not, nor after a close frame.
    """

    def __init__(self):
        self.is_between = False
        self._take = self._take_handshake
        self._seen = bytearray()  # of a handshake or a header that is not complete
        self._missing = 0  # bytes of the payload
        self._opcode = 0
        self._is_final = True

    def split(self, data):
        """Yields the data in pieces, one for each place where a message may be inserted, and the rest."""
        start = at = 0
        while at < len(data):
            was_between = self.is_between
            at = self._take(data, at)
            if self.is_between and not was_between:
                yield data[start:at]
                start = at
        if start < at:
            yield data[start:]

    def _take_handshake(self, data, at):
        before = len(self._seen)
        self._seen += data[at:]
        end = self._seen.find(b"\r\n\r\n")
        if end < 0:
            return len(data)
        is_websocket = self._seen.split(b" ", 2)[1:2] == [b"101"]
        self._seen.clear()
        self._take = self._take_header if is_websocket else _take_all
        self.is_between = is_websocket
        return at + end + 4 - before

    def _take_header(self, data, at):
        self.is_between = False
        self._seen.append(data[at])
        if len(self._seen) < 2 or len(self._seen) < self._header_size():
            return at + 1
        first, length = self._seen[0], self._seen[1] & LENGTH
        if length >= 126:
            length = int.from_bytes(self._seen[2 : 4 if length == 126 else 10], "big")
        self._seen.clear()
        self._opcode, self._missing = first & OPCODE, length
        if self._opcode < FIRST_CONTROL:
            self._is_final = bool(first & FINAL)
        self._take = self._take_payload
        return at + 1 if length else self._end_frame(at + 1)

    def _header_size(self):
        length = self._seen[1] & LENGTH
        return 2 + {126: 2, 127: 8}.get(length, 0) + (4 if self._seen[1] & MASKED else 0)

    def _take_payload(self, data, at):
        taken = min(self._missing, len(data) - at)
        self._missing -= taken
        return at + taken if self._missing else self._end_frame(at + taken)

    def _end_frame(self, at):
        if self._opcode == CLOSE:
            self._take = _take_all
        else:
            self._take = self._take_header
            self.is_between = self._is_final
        return at


def _take_all(data, at):
    return len(data)
