"""`python -m controlplane.cli` is `ctl`."""

from controlplane.cli import main

main()
