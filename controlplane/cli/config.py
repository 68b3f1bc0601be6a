"""Configuration file: where it is, reading it, and writing the first one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.diagnostics import Diagnostic, Faults, Source, fault
from controlplane.model.deployment import Deployment, Engine

VARIABLE = "CONTROLPLANE_CONFIG"
PLACES = (Path("controlplane.yaml"), Path("/etc/controlplane/controlplane.yaml"))
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Configured:
    """A deployment and the file it was read from; every path in it is absolute."""

    path: Path
    deployment: Deployment

    @property
    def state_folder(self) -> Path:
        """Where we may keep files of our own: beside an embedded database, else beside the file."""
        url = self.deployment.database
        if url.startswith(_SQLITE):
            return Path(url.removeprefix(_SQLITE).partition("?")[0]).parent
        return self.path.parent


def find(option: str | None) -> Path:
    """The file to read: the option, the environment, or the first of the usual places."""
    chosen = option or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    for place in PLACES:
        if place.exists():
            return place
    places = " or ".join(str(place) for place in PLACES)
    raise fault(
        "there is no configuration file", "", f"make one with `ctl init`; looked for {places}"
    )


def load(path: Path) -> Configured:
    """Read and check the whole file. Raises Faults naming file, line and setting."""
    from pydantic import ValidationError

    from controlplane.store.yaml.syntax import ProblemError
    from controlplane.store.yaml.text import load as load_yaml

    text = _read(path)
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    try:
        loaded = load_yaml(text, places)
    except ProblemError as problem:
        raise Faults([_problem(problem, path)]) from None
    if loaded.problems:
        raise Faults(_problem(problem, path) for problem in loaded.problems)
    if not isinstance(loaded.value, dict):
        raise fault("holds no configuration", str(path), "make one with `ctl init`")
    try:
        deployment = Deployment.model_validate(loaded.value)
    except ValidationError as error:
        raise Faults(_refused(error, loaded.value, places, path)) from None
    if not deployment.engines:
        raise fault("names no engine", f"{path}: engines", "add one, as `ctl init` writes it")
    return Configured(path.absolute(), _absolute(deployment, path.absolute().parent))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise fault(
            "there is no such configuration file", str(path), "make one with `ctl init`"
        ) from None
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise fault(f"cannot be read: {reason}", str(path), "check its owner and mode") from error
    except UnicodeDecodeError as error:
        raise fault("is not UTF-8 text", str(path), "save it as UTF-8") from error


def _problem(problem: Any, path: Path) -> Diagnostic:
    source = Source(str(path), problem.line, problem.column)
    return Diagnostic(problem.message, "/".join(problem.path), problem.mend, source)


def _refused(
    error: Any, raw: Any, places: dict[tuple[str, ...], tuple[int, int]], path: Path
) -> list[Diagnostic]:
    from controlplane.model.checks.words import explain, path_of

    found = []
    for details in error.errors(include_url=False):
        setting = path_of(details, Deployment, raw)
        here = setting
        while here and here not in places:
            here = here[:-1]
        message, mend = explain(details, Deployment)
        source = Source(str(path), *places.get(here, (1, 1)))
        found.append(Diagnostic(message, "/".join(setting), mend, source))
    return found


def _absolute(deployment: Deployment, base: Path) -> Deployment:
    """Relative paths are meant from the file, wherever `ctl` is called."""
    engines = {
        name: engine.model_copy(
            update={
                "folder": str(base / engine.folder),
                "state_at": str(base / engine.state_at) if engine.state_at else None,
            }
        )
        for name, engine in deployment.engines.items()
    }
    database = deployment.database
    if database.startswith(_SQLITE):
        database = _SQLITE + str(base / database.removeprefix(_SQLITE))
    provisioning = deployment.provisioning
    if provisioning is not None:
        files = ("certificate", "key", "client_authorities", "firmware")
        given = {name: path for name in files if (path := getattr(provisioning, name))}
        absolute = {name: str(base / path) for name, path in given.items()}
        provisioning = provisioning.model_copy(update=absolute)
    changed = {"engines": engines, "database": database, "provisioning": provisioning}
    return deployment.model_copy(update=changed)


def write_new(path: Path, deployment: Deployment) -> None:
    """For its owner only. Faults where a file is there already: it is never overwritten."""
    text = _written(deployment)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise fault(
            "there is a configuration already, and it is not overwritten",
            str(path),
            "use it, choose another with --config, or move it away",
        ) from None
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise fault(f"cannot be written: {reason}", str(path)) from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _written(deployment: Deployment) -> str:
    from controlplane.cli.printing import as_yaml

    body = {
        "database": deployment.database,
        "engines": {name: _engine(engine) for name, engine in deployment.engines.items()},
        "run": deployment.run.model_dump(mode="json"),
    }
    head = "# Written by `ctl init`. It holds passwords: keep it readable by its owner only.\n"
    return head + as_yaml(body)


def _engine(engine: Engine) -> dict[str, Any]:
    return engine.model_dump(mode="json")
