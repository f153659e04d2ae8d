"""A shard, wherever it lies -> a file on this machine: local paths, http(s), and whatever fsspec knows.

What stops answering is asked again, each time after twice the pause, from the byte it had come to.
"""

import http.client
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ....settings import DataError
from .index import is_url, shown

Tell = Callable[[str], None]
PAUSE = 0.5
"""Seconds before the second try."""
_TIMEOUT = 30.0
_CHUNK = 1 << 20
_GONE = (400, 401, 403, 404, 405, 410, 414, 451)
"""Answers that asking again will not change."""
_NOWHERE_FURTHER = 416
SPOOLED = ".spool"


BEGIN_ANEW = b"begin anew"
"""Not content, but this very object: the bytes that follow are the first ones."""


class _Refused(Exception):
    """An answer that stays what it is."""


class _Silent(Exception):
    """No answer, or only a part of one."""


def content(place: str, retries: int, tell: Tell) -> bytes:
    """A small file whole. Raises FileNotFoundError where a server or a disk says that there is none, else DataError."""
    if not is_url(place):
        return Path(place).read_bytes()
    parts: list[bytes] = []
    _fetched(place, parts.append, parts.clear, retries, tell)
    return b"".join(parts)


@contextmanager
def local(place: str, folder: Path, retries: int, tell: Tell) -> Iterator[Path]:
    """The path of a shard; one from elsewhere lies below `folder` for as long as this is entered. Raises DataError."""
    if not is_url(place):
        yield Path(place)
        return
    path = folder / f"{secrets.token_hex(8)}{SPOOLED}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("wb", buffering=0) as file:
            try:
                _fetched(place, _whole(file), lambda: _emptied(file), retries, tell)
            except FileNotFoundError as error:
                raise DataError(f"{shown(place)}: {error}; put it back, and the same command goes on") from None
        yield path
    except OSError as error:
        raise DataError(
            f"{path}: {shown(place)} cannot be kept there ({error.strerror or error}); set GANWORKS_CACHE"
        ) from None
    finally:
        with suppress(OSError):
            path.unlink()


def _whole(file: IO[bytes]) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]

    return write


def _emptied(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _fetched(place: str, write: Callable[[bytes], Any], empty: Callable[[], None], retries: int, tell: Tell) -> None:
    """Hand over all bytes in their order; `empty` is called where they have to begin again."""
    come = _by_http if place.startswith(("http://", "https://")) else _by_fsspec
    done = tries = 0
    while True:
        before, stream = done, come(place, done)
        try:
            # Only asking is tried again: a disk that is full here is another matter.
            while data := _next(stream):
                if data is BEGIN_ANEW:
                    empty()
                    done = 0
                    continue
                write(data)
                done += len(data)
            return
        except _Silent as silence:
            tries = 0 if done > before else tries + 1
            if tries > retries:
                raise DataError(
                    f"{shown(place)}: stopped answering at byte {done:,} ({silence}), asked {tries} times; "
                    "see that it can be reached, and the same command goes on"
                ) from None
            tell(f"{shown(place)}: {silence}; asking again from byte {done:,}")
            time.sleep(PAUSE * 2 ** max(0, tries - 1))


def _next(stream: Iterator[bytes]) -> bytes:
    """The next bytes, or none at the end. Raises _Silent, or FileNotFoundError for an answer that stays what it is."""
    try:
        return next(stream, b"")
    except _Refused as error:
        raise FileNotFoundError(str(error)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _Silent((str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__) from None


def _by_http(place: str, start: int) -> Iterator[bytes]:
    """The bytes from `start` on; BEGIN_ANEW first where the server begins anew."""
    request = urllib.request.Request(place, headers={"User-Agent": "ganworks"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        # An opener of our own: urllib's shared one keeps the proxies of whoever asked first.
        with urllib.request.build_opener().open(request, timeout=_TIMEOUT) as answer:
            if start and answer.status != http.client.PARTIAL_CONTENT:
                yield BEGIN_ANEW
            left = answer.headers.get("Content-Length")
            came = 0
            while data := answer.read(_CHUNK):
                came += len(data)
                yield data
            if left is not None and came < int(left):
                raise ConnectionError("the connection closed early")
    except urllib.error.HTTPError as error:
        if start and error.code == _NOWHERE_FURTHER:
            return
        if error.code in _GONE:
            raise _Refused(f"answers {error.code} {error.reason}") from None
        raise ConnectionError(f"answers {error.code} {error.reason}") from None
    except ValueError as error:  # a URL that none can be
        raise _Refused(str(error)) from None


def _by_fsspec(place: str, start: int) -> Iterator[bytes]:
    try:
        import fsspec  # noqa: PLC0415  an extra

        with fsspec.open(place, "rb").open() as file:
            if start:
                file.seek(start)
            while data := file.read(_CHUNK):
                yield data
    except ImportError as error:
        name = place.partition("://")[0]
        raise DataError(
            f"{shown(place)}: reading {name}:// needs another package ({error}); pip install 'ganworks[shards]' and it"
        ) from None
    except (FileNotFoundError, PermissionError, IsADirectoryError, ValueError) as error:
        raise _Refused((str(error).splitlines() or ["not there"])[0]) from None
    except Exception as error:  # each file system of fsspec has errors of its own
        raise ConnectionError((str(error).splitlines() or [type(error).__name__])[0]) from None
