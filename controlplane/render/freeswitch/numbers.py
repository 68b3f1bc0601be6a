"""What is dialled as E.164: `NumberRules.to_e164` as regular expressions, the first that fits."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.numbering import NumberRules

_LEAST, _MOST = 7, 15
"""Digits of an E.164 number."""

_DIALLED = "(?=[0-9]{7,18}$)"


def e164_patterns(rules: NumberRules) -> Iterator[tuple[str, str]]:
    """Expressions and what they make of a number; "" where it has no such form."""
    code = rules.country_code
    yield "^([+][1-9][0-9]{6,14})$", "$1"
    yield f"^{_DIALLED}{rules.international}([1-9][0-9]{{6,14}})$", "+$1"
    yield f"^{_DIALLED}{rules.international}", ""
    if rules.national:
        yield f"^{_DIALLED}{rules.national}({_rest(code)})$", f"+{code}$1"
        yield f"^{_DIALLED}{rules.national}", ""
    yield f"^{_DIALLED}({code}{_rest(code)})$", "+$1"
    yield f"^{_DIALLED}{code}", ""
    yield f"^{_DIALLED}({_rest(code)})$", f"+{code}$1"


def _rest(code: str) -> str:
    """Digits behind the country code."""
    return f"[0-9]{{{max(_LEAST - len(code), 0)},{_MOST - len(code)}}}"
