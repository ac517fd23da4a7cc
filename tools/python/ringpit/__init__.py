"""A client for Ringpit in pure Python: the venue's schema, its frames, and a session that lasts.

``Session`` speaks the vocabulary of scenario files: a command is a word and its fields, an event is
a dictionary. It reconnects, resends, and fetches what it missed. It knows no rule of any market.
"""

from .codec import Codec, WireError
from .schema import Schema, SchemaError
from .session import Ended, Event, Refused, Session, Unreachable

__all__ = [
    "Codec",
    "Ended",
    "Event",
    "Refused",
    "Schema",
    "SchemaError",
    "Session",
    "Unreachable",
    "WireError",
]
