"""An image that has FreeSWITCH, for containers/freeswitch/onto.Dockerfile: that which is named, or
one made of the FreeSWITCH that is installed here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import network
from tests.engines.freeswitch_process import freeswitch_image, require_freeswitch

CONTAINERS = Path(__file__).parents[2] / "containers"
BASE, IMAGE = "controlplane-test/freeswitch-base", "controlplane-test/freeswitch"

_DOCKERFILE = f"""\
FROM {network.IMAGE}
COPY installed {{prefix}}
COPY needed /opt/needed
RUN printf '#!/bin/sh\\nLD_LIBRARY_PATH=/opt/needed exec {{binary}} "$@"\\n' \\
        >/usr/local/bin/freeswitch && chmod +x /usr/local/bin/freeswitch
"""
_OF_THE_BASE = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|resolv))\.so.*")


def image(folder: Path) -> str:
    """What compose.yaml is to start. `folder` is for what it takes to build it."""
    base = freeswitch_image() or _of_installed(folder)
    _build(CONTAINERS / "freeswitch", IMAGE, "onto.Dockerfile", f"BASE={base}")
    return IMAGE


def _of_installed(folder: Path) -> str:
    found = require_freeswitch()
    assert found is not None
    binary = found.resolve()
    prefix = binary.parents[1]
    if not (prefix / "lib").is_dir() or prefix == Path("/usr"):
        pytest.skip(f"{binary} is not installed in a folder of its own")
    for part in ("bin", "lib"):
        shutil.copytree(prefix / part, folder / "installed" / part, symlinks=True)
    (folder / "needed").mkdir()
    for library in _libraries((binary, *prefix.rglob("mod_*.so"))):
        if prefix not in library.parents and not _OF_THE_BASE.fullmatch(library.name):
            shutil.copy(library, folder / "needed" / library.name)
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(prefix=prefix, binary=binary))
    _build(folder, BASE, "Dockerfile")
    return BASE


def _libraries(files: tuple[Path, ...]) -> set[Path]:
    told = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True).stdout
    return {Path(it) for it in re.findall(r"=> (/\S+)", told)}


def _build(folder: Path, tag: str, file: str, *arguments: str) -> None:
    words = ["docker", "build", "--quiet", "--network", "host", "--file", str(folder / file)]
    given = [word for it in arguments for word in ("--build-arg", it)]
    done = subprocess.run(
        [*words, *given, "--tag", tag, str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
