"""A session that lasts: log in, send, receive, and after a lost connection go on where it was.

One thread, no callbacks: whoever waits for events turns the session. Between calls nothing moves, so call
``events`` more often than the keep-alive interval, or the server ends the connection; the next call then
reconnects. The rules are those of docs/protocol.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from .codec import HEADER_BYTES, Codec, WireError, frame_length
from .schema import Schema

Event = dict[str, Any]

_READ_BYTES = 1 << 16
_FETCH_MAX = 2_000
_PAUSE_S = 0.05


class Refused(Exception):
    """The server refused the login for good; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"login refused: {code}")
        self.code = code


class Ended(Exception):
    """The server or the caller ended the session; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"session ended: {code}")
        self.code = code


class Unreachable(Exception):
    """No session for longer than the caller's patience."""


class _Lost(Exception):
    """The connection is gone; the session is not."""


class Session:
    """One session. Use it as a context manager, or call :meth:`close`.

    ``state`` of an earlier session (see :meth:`state`) goes on where that one stopped.
    """

    def __init__(
        self,
        address: tuple[str, int],
        session: int,
        secret: bytes,
        *,
        schema: Schema | None = None,
        tls: ssl.SSLContext | None = None,
        keep_alive_ms: int = 10_000,
        cancel_on_disconnect: bool | None = None,
        patience_s: float = 30.0,
        state: dict[str, Any] | None = None,
    ) -> None:
        self.codec = Codec(schema or Schema.load())
        self._address = address
        self._session = session
        self._secret = secret
        self._tls = tls
        self._keep_alive_ms = keep_alive_ms
        self._cancel_on_disconnect = cancel_on_disconnect
        self._patience_s = patience_s
        self._socket: socket.socket | None = None
        self._input = bytearray()
        self._inbox: deque[Event] = deque()
        self._early: dict[int, Event] = {}
        self._spoke_s = self._heard_s = 0.0
        self._query_id = 0
        self._version = 0
        self._timestamp = 0
        self._next_out = 1
        self._last_in = 0
        self._pending: dict[int, bytes] = {}
        if state:
            self._version = int(state["version"])
            self._next_out = int(state["next_out"])
            self._last_in = int(state["last_in"])
            self._pending = {int(n): bytes.fromhex(f) for n, f in state["pending"].items()}

    def __enter__(self) -> Session:
        self._ready()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._hang_up()

    # What a caller does.

    def send(self, do: str, **fields: Any) -> int:
        """Sends a command; gives its number, which its answers carry as ``ref_seq_no``.

        A word of Python is written with an underscore behind it: ``from_``. Raises WireError.
        """
        frame = self.codec.encode(do, fields)
        self._ready()
        number = self._next_out
        self._next_out += 1
        self._pending[number] = frame
        try:
            self._write(frame)
        except _Lost:
            self._ready()
        return number

    def ask(self, do: str, **fields: Any) -> Event:
        """Sends a command and waits for its own report: the first event that answers it."""
        number = self.send(do, **fields)
        passed: list[Event] = []
        while True:
            event = self._next(None)
            if event is not None and event.get("ref_seq_no") == number:
                self._inbox.extendleft(reversed(passed))
                return event
            if event is not None:
                passed.append(event)

    def query(self, do: str, **fields: Any) -> list[Event]:
        """Asks a query and waits for the whole answer. What else arrives is kept for later."""
        while True:
            self._query_id += 1
            query_id = self._query_id
            frame = self.codec.encode(do, {**fields, "query_id": query_id})
            self._ready()
            number, self._next_out = self._next_out, self._next_out + 1
            connection = self._socket
            try:
                self._write(frame)
            except _Lost:
                continue
            answer: list[Event] = []
            passed: list[Event] = []
            # A query is never journaled: after a lost connection it is asked again.
            while self._socket is connection:
                event = self._next(1.0)
                if event is None:
                    continue
                refused = event["event"] == "business_reject" and event["ref_seq_no"] == number
                if event.get("query_id") != query_id and not refused:
                    passed.append(event)
                    continue
                if event["event"] in ("query_end", "snapshot_end") or refused:
                    self._inbox.extendleft(reversed(passed))
                    return answer + ([event] if refused else [])
                if event["event"] != "snapshot_begin":
                    answer.append(event)
            self._inbox.extendleft(reversed(passed))

    def subscribe(self, **topic: int) -> list[Event]:
        """Subscribes to an instrument, auction or sale, or to everything; gives the snapshot.

        Later events of it come through :meth:`events`, without ``query_id`` and with a higher ``seq``.
        After a lost connection subscribe again.
        """
        return self.query("subscribe", quality="full", **topic)

    def events(self, timeout_s: float | None = None) -> Iterator[Event]:
        """Yields events as they arrive; ends when nothing has for ``timeout_s`` seconds."""
        while True:
            event = self._next(timeout_s)
            if event is None:
                return
            yield event

    @property
    def unanswered(self) -> int:
        """Commands that wait for their answer."""
        return len(self._pending)

    def state(self) -> dict[str, Any]:
        """What a later process needs in order to go on from here; JSON can hold it."""
        pending = {str(number): frame.hex() for number, frame in self._pending.items()}
        return {
            "version": self._version,
            "next_out": self._next_out,
            "last_in": self._last_in,
            "pending": pending,
        }

    def close(self) -> None:
        """Says goodbye; what was not answered may or may not have been done."""
        if self._socket is None:
            return
        try:
            self._say("terminate", code="finished", **self._who())
            self._socket.settimeout(1.0)
            while self._socket.recv(_READ_BYTES):
                pass
        except (OSError, _Lost):
            pass
        self._hang_up()

    # Receiving.

    def _next(self, timeout_s: float | None) -> Event | None:
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._inbox:
            self._ready()
            left = 1.0 if until is None else max(0.0, until - time.monotonic())
            try:
                self._turn(min(left, 1.0))
            except _Lost:
                continue
            if until is not None and time.monotonic() >= until:
                break
        return self._inbox.popleft() if self._inbox else None

    def _turn(self, wait_s: float) -> None:
        """Reads what is there, waits for at most so long, keeps the connection alive."""
        for name, fields in self._frames(wait_s):
            self._take(name, fields)
        now = time.monotonic()
        if now - self._spoke_s >= self._keep_alive_ms / 1_000:
            self._say("sequence", next_seq_no=self._next_out)
        if now - self._heard_s >= 2 * self._keep_alive_ms / 1_000:
            self._hang_up()
            raise _Lost("silence")

    def _take(self, name: str, fields: dict[str, Any]) -> None:
        if name in ("sequence", "retransmission"):
            return
        if name == "terminate":
            self._terminated(fields["code"])
        if name == "retransmit_reject":
            raise Ended(f"retransmit: {fields['code']}")
        event: Event = {"event": name, **fields}
        number = fields.get("msg_seq_num")
        if name == "business_reject":
            self._pending.pop(fields["ref_seq_no"], None)
        if number is None:
            if name != "not_applied":
                self._inbox.append(event)
            return
        if number > self._last_in:
            self._early[number] = event
        while (following := self._early.pop(self._last_in + 1, None)) is not None:
            self._last_in += 1
            self._pending.pop(following.get("ref_seq_no", 0), None)
            self._inbox.append(following)

    def _terminated(self, code: str) -> None:
        with contextlib.suppress(_Lost):
            self._say("terminate", code=code, **self._who())
        self._hang_up()
        if code in ("finished", "replaced", "credentials", "throttled"):
            raise Ended(code)
        raise _Lost(code)

    # The connection.

    def _ready(self) -> None:
        """Connects, logs in, fetches what was missed, sends what was not answered."""
        began = time.monotonic()
        while self._socket is None:
            try:
                self._connect()
                self._log_in()
                return
            except (Refused, Ended):
                self._hang_up()
                raise
            except (_Lost, OSError, WireError) as error:
                self._hang_up()
                if time.monotonic() - began > self._patience_s:
                    raise Unreachable(f"{self._address}: {error}") from error
                time.sleep(_PAUSE_S)

    def _connect(self) -> None:
        plain = socket.create_connection(self._address, timeout=2.0)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self._socket = self._tls.wrap_socket(plain, server_hostname=self._address[0])
        else:
            self._socket = plain
        self._input.clear()
        self._early.clear()
        self._heard_s = self._spoke_s = time.monotonic()

    def _log_in(self) -> None:
        if self._version == 0:
            self._negotiate()
        first = min(self._pending, default=self._next_out)
        self._say_signed(
            "establish",
            keep_alive_interval=self._keep_alive_ms,
            next_seq_no=first,
            last_received_seq_no=self._last_in,
            cancel_on_disconnect="on_disconnect" if self._cancel_on_disconnect else None,
        )
        name, answer = self._answer()
        if name == "establishment_reject":
            if answer["code"] == "recovering":
                raise _Lost("recovering")
            raise Refused(answer["code"])
        self._fetch(answer["next_seq_no"])
        self._resend(first, answer["last_incoming_seq_no"])

    def _negotiate(self) -> None:
        version = time.time_ns()
        self._version = version
        self._say_signed("negotiate", client_flow="idempotent", server_flow="recoverable")
        try:
            name, answer = self._answer()
        except _Lost:
            self._version = 0
            raise
        if name == "negotiation_reject":
            self._version = 0
            if answer["code"] in ("recovering", "version_not_rising"):
                raise _Lost(answer["code"])
            raise Refused(answer["code"])

    def _answer(self) -> tuple[str, dict[str, Any]]:
        """The answer to a login; the server gives it when it is durable."""
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            for name, fields in self._frames(0.1):
                if name == "terminate":
                    self._terminated(fields["code"])
                return name, fields
        raise _Lost("no answer to a login")

    def _fetch(self, next_in: int) -> None:
        """Everything numbered below ``next_in`` that has not been seen."""
        while self._last_in + 1 < next_in:
            count = min(next_in - self._last_in - 1, _FETCH_MAX)
            begun = self._last_in
            self._say(
                "retransmit_request",
                timestamp=self._stamp(),
                from_seq_no=self._last_in + 1,
                count=count,
            )
            # A sequence before the retransmission only keeps the connection alive.
            opened = ended = False
            until = time.monotonic() + self._patience_s
            while not ended:
                if time.monotonic() > until:
                    raise _Lost("no retransmission")
                for name, fields in self._frames(0.1):
                    if name == "business_reject" and fields["ref_seq_no"] == 0:
                        ended = True  # too many session messages: asked again below
                        continue
                    opened = opened or name == "retransmission"
                    ended = ended or (opened and name == "sequence")
                    self._take(name, fields)
            if self._last_in == begun:
                time.sleep(_PAUSE_S)

    def _resend(self, first: int, last_incoming: int) -> None:
        """Everything above ``last_incoming`` again, under its numbers; the rest is skipped."""
        following = first
        for number in sorted(n for n in self._pending if n > last_incoming):
            if number != following:
                self._say("sequence", next_seq_no=number)
            self._write(self._pending[number])
            following = number + 1
        if following != self._next_out:
            self._say("sequence", next_seq_no=self._next_out)

    def _who(self) -> dict[str, int]:
        return {"session_id": self._session, "session_ver_id": self._version}

    def _stamp(self) -> int:
        """The clock's nanoseconds, always later than before."""
        self._timestamp = max(time.time_ns(), self._timestamp + 1)
        return self._timestamp

    def _say(self, name: str, **fields: Any) -> None:
        self._write(self.codec.encode(name, fields))

    def _say_signed(self, name: str, **fields: Any) -> None:
        fields |= {**self._who(), "timestamp": self._stamp(), "signature": bytes(32)}
        frame = bytearray(self.codec.encode(name, fields))
        message = self.codec.schema.by_name[name]
        digest = hmac.new(self._secret, frame[6:], hashlib.sha256).digest()
        at = next(field.offset for field in message.fields if field.name == "signature")
        frame[HEADER_BYTES + at : HEADER_BYTES + at + len(digest)] = digest
        self._write(bytes(frame))

    def _write(self, frame: bytes) -> None:
        if self._socket is None:
            raise _Lost("no connection")
        try:
            self._socket.settimeout(self._patience_s)
            self._socket.sendall(frame)
        except OSError as error:
            self._hang_up()
            raise _Lost(str(error)) from error
        self._spoke_s = time.monotonic()

    def _frames(self, wait_s: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """The whole frames that are there; waits for bytes when there are none."""
        connection = self._socket
        if connection is None:
            raise _Lost("no connection")
        if (frame := self._whole_frame()) is not None:
            while frame is not None:
                yield self.codec.decode(frame)
                frame = self._whole_frame()
            return
        buffered = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        try:
            if not buffered and not select.select([connection], [], [], wait_s)[0]:
                return
            connection.settimeout(0.0)
            data = connection.recv(_READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as error:
            self._hang_up()
            raise _Lost(str(error)) from error
        if not data:
            self._hang_up()
            raise _Lost("the server closed the connection")
        self._heard_s = time.monotonic()
        self._input += data
        while (frame := self._whole_frame()) is not None:
            yield self.codec.decode(frame)

    def _whole_frame(self) -> bytes | None:
        length = frame_length(self._input)
        if length is None or length > len(self._input):
            return None
        frame = bytes(self._input[:length])
        del self._input[:length]
        return frame

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
