"""JSON, for programs that are nobody's phone (pure)."""

from __future__ import annotations

import json as _json
from collections.abc import Mapping


def json(settings: Mapping[str, str]) -> str:
    return _json.dumps(dict(settings), ensure_ascii=False, indent=1) + "\n"
