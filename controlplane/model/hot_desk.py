"""Hot desk: how the handsets of a tenant are shared by whoever logs in to them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.model.part import Part

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""`19:00`."""


class HotDeskRules(Part):
    """`internal_calls`: whether a handset where nobody is logged in may call extensions.

    Everybody is logged out at `logout_at`, by the clock of the handset's site, and wherever the
    handset has made and taken no call for `idle_hours`.
    """

    internal_calls: bool = False
    logout_at: TimeOfDay | None = None
    idle_hours: Annotated[int, Field(ge=1, le=720)] | None = None
