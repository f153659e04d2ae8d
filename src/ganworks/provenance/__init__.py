"""The mark that every written sample carries: synthetic, and which model, seed and run made it.

`stamped` marks the bytes of a file, `stamp` a file on disk, `read` finds the mark again. It is honest bookkeeping for
those who keep it: whoever wants to can remove it, so its absence proves nothing.
"""

from .files import CARRIERS, LIST, SIDE, Found, digest, look, mark_list, read, stamp, stamp_all, stamped
from .mark import Label, Mark, moment, now, words
from .marking import Marking, mark_members, mark_records

__all__ = [
    "CARRIERS", "LIST", "SIDE", "Found", "Label", "Mark", "Marking",
    "digest", "look", "mark_list", "mark_members", "mark_records", "moment", "now", "read",
    "stamp", "stamp_all", "stamped", "words",
]  # fmt: skip
