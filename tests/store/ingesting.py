"""A process that reads a spool for ever, to be killed: URL FOLDER."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from controlplane.history.ingest import Ingester
from controlplane.store.store import Store


def main(url: str, folder: str) -> None:
    with Store.open(url, lock_seconds=10) as store:
        ingester = Ingester(store, {"pbx": Path(folder)}, dict, chunk_bytes=1)
        print("reading", flush=True)
        while True:
            ingester.ingest(dt.datetime.now(dt.UTC))


if __name__ == "__main__":
    main(*sys.argv[1:])
