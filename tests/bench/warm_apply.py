"""`ctl apply FILE --yes` in a process that has imported everything: its seconds on stderr."""

from __future__ import annotations

import sys
import time

import controlplane.cli.apply
import controlplane.cli.reading
import controlplane.service.changes.door  # noqa: F401
from controlplane.cli.root import ctl


def main(file: str) -> int:
    start = time.perf_counter()
    code: object = 0
    try:
        ctl.main(["apply", file, "--yes"])
    except SystemExit as ended:
        code = ended.code
    print(time.perf_counter() - start, file=sys.stderr)
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
