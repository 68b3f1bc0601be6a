"""Drift: where an engine and its folder differ from what is wanted, from a full comparison."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from controlplane.apply.bundle_folder import BundleFolder
from controlplane.apply.control import Control
from controlplane.apply.engine_keys import Running, all_keys, running
from controlplane.apply.manifest import Manifest, digest_of, encoded
from controlplane.apply.parts import Parts
from controlplane.apply.static_files import read_at_start, stale_files
from controlplane.diagnostics import Diagnostic, Severity
from controlplane.render.bundle import Bundle

_SHOWN = 20
_APPLY = "`ctl apply` writes it again"


async def differences(
    parts: Parts, control: Control, folder: BundleFolder, bundle: Bundle, revision: int
) -> list[Diagnostic]:
    """One finding a difference; places are below the engine (`files/…`, `keys/…`, `parts/…`)."""
    was = await running(control)
    live = folder.live()
    digests = {path: digest_of(encoded(path, text)) for path, text in bundle.files.items()}
    found = list(_revision(was, revision))
    found += await asyncio.to_thread(lambda: list(_files(folder, live, digests)))
    want = parts.wanted(bundle.files)
    for part, report in (await parts.reports(control, want)).items():
        if report != want.get(part, ""):
            message = f"the engine has read {report or 'none of our files'}, not {want.get(part)}"
            found.append(Diagnostic(message, f"parts/{part}", "`ctl apply` reloads it"))
    found += _keys(await all_keys(control), bundle.store)
    started = parts.static(live.digests()) if live else {}
    read = read_at_start(was.static, await control.started(), started)
    for path in stale_files(read, parts.static(digests)):
        message = "has changed since the engine started, which reads it only then"
        found.append(
            Diagnostic(message, f"files/{path}", "restart the engine", severity=Severity.WARNING)
        )
    return found


def _revision(was: Running, revision: int) -> Iterator[Diagnostic]:
    if was.revision != revision:
        message = f"the engine runs {was.name}, not revision {revision}"
        yield Diagnostic(message, "revision", "`ctl apply` brings it there")


def _files(
    folder: BundleFolder, live: Manifest | None, wanted_digests: Mapping[str, str]
) -> Iterator[Diagnostic]:
    if live is None:
        yield Diagnostic("no bundle of ours is live", "files", "`ctl apply` makes one")
        return
    for path, how in folder.differences(live):
        yield Diagnostic(how, f"files/{path}", _APPLY)
    written = live.digests()
    for path in sorted({*written, *wanted_digests}):
        if path not in written:
            yield Diagnostic("is not in the live bundle", f"files/{path}", _APPLY)
        elif path not in wanted_digests:
            yield Diagnostic("is no longer wanted", f"files/{path}", _APPLY)
        elif written[path] != wanted_digests[path]:
            yield Diagnostic("is of another revision", f"files/{path}", _APPLY)


def _keys(have: Mapping[str, str], want: Mapping[str, str]) -> list[Diagnostic]:
    """Values are not shown: they hold people's numbers."""
    found = [
        Diagnostic("is missing" if key not in have else "has another value", f"keys/{key}", _APPLY)
        for key in sorted(want)
        if have.get(key) != want[key]
    ]
    found += [
        Diagnostic("is not wanted", f"keys/{key}", "`ctl apply` removes it")
        for key in sorted(have)
        if key not in want
    ]
    more = len(found) - _SHOWN
    if more > 0:
        found[_SHOWN:] = [Diagnostic(f"and {more} more keys differ", "keys", _APPLY)]
    return found
