"""A whole stack on this machine: Asterisk in a container, a store, a controller.

`python -m examples.stack up` and `down` keep one for trying by hand; the demonstration and the
benchmarks make their own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGE = os.environ.get("CONTROLPLANE_ASTERISK_IMAGE", "controlplane/asterisk:22")
ENGINE_NAME = "asterisk"


class StackFailed(Exception):
    """A part of the stack did not come up; the message says which, and what it printed."""


@dataclass(frozen=True)
class Stack:
    """`folder` holds everything the stack writes; `address` is where the engine listens, in the
    container's `network` (Docker's word for it)."""

    folder: Path
    address: str = "127.0.0.11"
    run_port: int = 9188
    network: str = "host"
    _children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict, repr=False)

    @property
    def engine_name(self) -> str:
        return ENGINE_NAME

    @property
    def container(self) -> str:
        return f"controlplane-{self.address}"

    @property
    def config(self) -> Path:
        return self.folder / "controlplane.yaml"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "controller.pid"

    # --- its parts --------------------------------------------------------------------------

    def ctl(self, *words: str, accept: Sequence[int] = (0,)) -> str:
        """What `ctl` prints on stdout; StackFailed where it exits otherwise than accepted."""
        done = subprocess.run(
            [*_ctl(), *words],
            env={**os.environ, "CONTROLPLANE_CONFIG": str(self.config)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode not in accept:
            raise StackFailed(f"ctl {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def init(self) -> None:
        """Configuration, database and the bundle an engine starts with."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.config.exists():
            # The phones here are sipp: they register from another port than they are called at.
            address = ["--address", self.address, "--run-port", str(self.run_port), "--no-nat"]
            self.ctl("init", "--dir", str(self.folder), *address, *self.init_options())

    def init_options(self) -> Sequence[str]:
        """What `ctl init` is told of the engine besides its address."""
        return ()

    def start_engine(self) -> None:
        """Starts the container and waits until Asterisk has booted."""
        remove_container(self.container)
        engine, state = self.folder / ENGINE_NAME, self.folder / f"{ENGINE_NAME}-state"
        state.mkdir(parents=True, exist_ok=True)
        _docker(
            *["run", "--detach", "--rm", "--network", self.network, "--name", self.container],
            *["--volume", f"{engine}:/engine:ro", "--volume", f"{state}:/state", IMAGE],
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if "fully booted" in _docker(
                "exec", self.container, "asterisk", "-rx", "core waitfullybooted", check=False
            ):
                return
            time.sleep(0.2)
        raise StackFailed(f"Asterisk did not boot:\n{_docker('logs', self.container, check=False)}")

    def end_engine(self) -> None:
        remove_container(self.container)

    def engine_pid(self) -> int:
        """The engine's process id, as this machine sees it."""
        return int(_docker("inspect", "--format", "{{.State.Pid}}", self.container))

    def start_controller(self) -> None:
        """Starts `ctl run` in the background and waits until it follows the engine."""
        log = (self.folder / "controller.log").open("ab")
        started = subprocess.Popen(
            [*_ctl(), "run"],
            env={**os.environ, "CONTROLPLANE_CONFIG": str(self.config)},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        log.close()
        self._children[started.pid] = started
        self._pid_file.write_text(str(started.pid))
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if started.poll() is not None:
                break
            if self.healthy():
                return
            time.sleep(0.1)
        text = (self.folder / "controller.log").read_text(errors="replace")
        raise StackFailed(f"the controller did not come up:\n{text[-2000:]}")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.run_port}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def controller_pid(self) -> int | None:
        """The controller's process id, while it lives."""
        try:
            pid = int(self._pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"controlplane" in words else None

    def end_controller(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends the controller (SIGKILL: without a chance to tidy up) and waits for it."""
        pid = self.controller_pid()
        if pid is not None:
            os.kill(pid, how)
            if child := self._children.pop(pid, None):
                child.wait(20)
            until = time.monotonic() + 20
            while time.monotonic() < until and Path(f"/proc/{pid}").exists():
                time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)

    def down(self) -> None:
        """Ends everything the stack started; its folder stays."""
        self.end_controller()
        self.end_engine()


def _ctl() -> list[str]:
    return [sys.executable, "-m", "controlplane.cli"]


def _docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise StackFailed(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout


def remove_container(name: str) -> None:
    """Ends and removes a container of this name, if there is one."""
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, timeout=60)


def main(words: Sequence[str]) -> int:
    stack = Stack(ROOT / "var" / "stack")
    match list(words):
        case ["up"]:
            stack.down()
            stack.init()
            stack.start_engine()
            stack.ctl("apply", str(ROOT / "examples" / "acme.yaml"), "--yes")
            stack.start_controller()
            print(f"Asterisk listens at {stack.address}:5060; the controller runs.")
            print(f"Try: CONTROLPLANE_CONFIG={stack.config} {ROOT}/.venv/bin/ctl doctor")
            return 0
        case ["down"]:
            stack.down()
            print(f"Nothing runs any more; {stack.folder} is kept.")
            return 0
        case ["clean"]:
            stack.down()
            shutil.rmtree(stack.folder, ignore_errors=True)
            return 0
    print("usage: python -m examples.stack up|down|clean", file=sys.stderr)
    return 64


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StackFailed as error:
        print(error, file=sys.stderr)
        sys.exit(1)
