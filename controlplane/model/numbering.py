"""Number normalisation: what a person dials in a country, as E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import country_code_for_region
from phonenumbers.phonemetadata import PhoneMetadata


@dataclass(frozen=True, slots=True)
class NumberRules:
    """`country_code` without +; the prefixes dialled before an international or national number.

    `national` is empty where a country has no trunk prefix (ES, DK).
    """

    country_code: str
    international: str
    national: str

    def to_e164(self, dialled: str) -> str | None:
        """The number as E.164, or None where it has no public form (an extension, a code)."""
        if re.fullmatch(r"\+[1-9][0-9]{6,14}", dialled):
            return dialled
        if not re.fullmatch(r"[0-9]{7,18}", dialled):
            return None
        if dialled.startswith(self.international):
            rest = dialled.removeprefix(self.international)
        elif self.national and dialled.startswith(self.national):
            rest = self.country_code + dialled.removeprefix(self.national)
        else:
            rest = dialled if dialled.startswith(self.country_code) else self.country_code + dialled
        return f"+{rest}" if re.fullmatch(r"[1-9][0-9]{6,14}", rest) else None


@lru_cache(maxsize=256)
def rules_for(country: str) -> NumberRules:
    """Dialling rules of an ISO 3166 country; ValueError for one that has none."""
    code = country_code_for_region(country)
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if not code or metadata is None:
        raise ValueError(f"{country} has no dialling rules; write an ISO 3166 code, as GB")
    international = metadata.preferred_international_prefix or metadata.international_prefix or "00"
    return NumberRules(str(code), re.sub(r"\D", "", international), metadata.national_prefix or "")
