"""Firmware: files of one folder, whole or in ranges, to handsets that are enrolled."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from controlplane.web.provisioning import message
from controlplane.web.provisioning.conditional import matches, wanted
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.message import Piece, Request, Response, response

_BUSY_SECONDS = 60


class Firmware:
    """`folder` None: there is none. `most`: so many files are sent at a time."""

    def __init__(self, folder: str | None, counts: Counts, most: int) -> None:
        self._folder = Path(folder) if folder else None
        self._counts = counts
        self._most = most

    def answer(self, request: Request, name: str) -> Response:
        """`name`: one file name, or several with slashes, none of them dots."""
        if self._folder is None:
            return message.NOT_FOUND
        if self._counts.downloads >= self._most:
            return message.unavailable(_BUSY_SECONDS)
        try:
            handle = _opened(self._folder, name)
        except OSError:
            return message.NOT_FOUND
        file = os.fdopen(handle, "rb", buffering=0)
        found = os.fstat(handle)
        etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        headers = [("ETag", etag), ("Accept-Ranges", "bytes")]
        if matches(request.headers.get(b"if-none-match", b""), etag.encode()):
            file.close()
            return response(304, headers)
        status, start, length = 200, 0, found.st_size
        if request.headers.get(b"if-range", etag.encode()) == etag.encode():
            try:
                asked = wanted(request.headers.get(b"range", b""), length)
            except ValueError:
                file.close()
                return response(416, [("Content-Range", f"bytes */{length}")])
            if asked:
                status, (start, length) = 206, asked
                place = f"bytes {start}-{start + length - 1}/{found.st_size}"
                headers.append(("Content-Range", place))
        headers.append(("Content-Type", "application/octet-stream"))
        self._counts.downloads += 1
        return response(status, headers, piece=Piece(file, start, length))


def _opened(folder: Path, name: str) -> int:
    """A regular file within `folder`, reached without any link. Raises OSError."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    *folders, last = name.split("/")
    try:
        for each in folders:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(each, flags, dir_fd=here)
            os.close(here)
            here = inner
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(last, flags, dir_fd=here)
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileNotFoundError(name)
    return handle
