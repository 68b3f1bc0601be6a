"""Where AMI is and who we are there."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlplane.live.wire_text import checked, checked_name


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """`timeout` is seconds, for connecting and for each answer."""

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 5038
    timeout: float = 5.0

    def __post_init__(self) -> None:
        checked_name("the AMI host", self.host)
        checked_name("the AMI user", self.user)
        checked("the AMI password", self.password)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"
