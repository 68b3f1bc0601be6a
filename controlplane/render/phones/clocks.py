"""Clocks: a time zone as each vendor's phones write it (pure). One function a format.

Each returns settings by the vendor's names. All of them can say the offset to the minute; what one
cannot say of the changes is said with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from controlplane.render.phones.zones import Change, Zone

Settings = Mapping[str, str]

_POSIX_LONGEST = 64


def offset(minutes: int, hours: str = "d") -> str:
    """`+5:30`, or `-3`: whole hours have no minutes. `hours`: how they are formatted."""
    ahead, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{ahead:{hours}}" + (f":{rest:02}" if rest else "")


def time_of_day(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:00"


def yealink(zone: Zone) -> Settings:
    """Changes on the whole hour. By week where that is right in every year (`month/week/weekday/
    hour`, Monday is 1), else by date."""
    settings = {
        "local_time.time_zone": offset(zone.offset),
        "local_time.time_zone_name": zone.name.rpartition("/")[2].replace("_", " "),
        "local_time.summer_time": "0",
        "local_time.dst_time_type": "",
        "local_time.start_time": "",
        "local_time.end_time": "",
        "local_time.offset_time": "",
    }
    if changes := zone.changes:
        weekly = all(it.weekly for it in changes)
        settings |= {
            "local_time.summer_time": "1",
            "local_time.dst_time_type": "1" if weekly else "0",
            "local_time.offset_time": str(zone.saving),
        }
        for name, it in zip(("start", "end"), changes, strict=True):
            settings[f"local_time.{name}_time"] = (
                f"{it.month}/{it.week}/{_monday_first(it)}/{it.hour}"
                if weekly
                else f"{it.month}/{it.day}/{it.hour}"
            )
    return settings


def snom(zone: Zone) -> Settings:
    """`dst`: seconds of saving, then `month.week.weekday time` of both changes, Monday is 1. A
    change that is not of one week each year is given by the week it has in this one."""
    changes = " ".join(
        f"{it.month:02}.{it.week:02}.{_monday_first(it):02} {time_of_day(it.minute)}"
        for it in zone.changes or ()
    )
    return {
        "utc_offset": f"{zone.offset * 60:+d}",
        "dst": f"{zone.saving * 60} {changes}" if changes else "",
    }


def mitel(zone: Zone) -> Settings:
    """Minutes west of UTC. Changes on the whole hour; week -1 is the last, Sunday is 1."""
    settings = {
        "time zone name": "Custom",
        "time zone minutes": str(-zone.offset),
        "dst config": "3" if zone.changes else "0",
    }
    if changes := zone.changes:
        weekly = all(it.weekly for it in changes)
        settings["dst minutes"] = str(zone.saving)
        settings["dst [start|end] relative date"] = "1" if weekly else "0"
        for name, it in zip(("start", "end"), changes, strict=True):
            settings[f"dst {name} month"] = str(it.month)
            settings[f"dst {name} hour"] = str(it.hour)
            if weekly:
                settings[f"dst {name} week"] = "-1" if it.last else str(it.week)
            settings[f"dst {name} day"] = str(it.weekday + 1 if weekly else it.day)
    return settings


def poly(zone: Zone) -> Settings:
    """Seconds east. Changes on the whole hour, by one hour: how much is not to be said, so that of
    Lord Howe Island is half an hour too much. By week (`date` is its first day; Sunday is 1)
    where that is right in every year, else by date."""
    name = "tcpIpApp.sntp"
    settings = {
        f"{name}.gmtOffset": str(zone.offset * 60),
        f"{name}.gmtOffset.overrideDHCP": "1",
        f"{name}.daylightSavings.enable": "1" if zone.changes else "0",
    }
    if changes := zone.changes:
        weekly = all(it.weekly for it in changes)
        settings[f"{name}.daylightSavings.fixedDayEnable"] = "0" if weekly else "1"
        for which, it in zip(("start", "stop"), changes, strict=True):
            key = f"{name}.daylightSavings.{which}"
            settings |= {
                f"{key}.month": str(it.month),
                f"{key}.time": str(it.hour),
                f"{key}.date": str((min(it.week, 4) - 1) * 7 + 1 if weekly else it.day),
                f"{key}.dayOfWeek": str(it.weekday + 1),
                f"{key}.dayOfWeek.lastInMonth": "1" if it.last else "0",
            }
    return settings


def cisco(zone: Zone) -> Settings:
    """`month/day/weekday/time`, Monday is 1: that weekday on or after the day, day -1 the last of
    the month, weekday 0 the day itself (Cisco, "Daylight Saving Time Rule"). `Time_Zone` is of a
    list that has not every offset: of others the whole hour, and what is over in `Time_Offset`."""
    over = 0 if zone.offset in _CISCO_PARTS else zone.offset % 60
    hours = zone.offset - over
    listed = offset(hours, "02") if hours else ""
    settings = {
        "Time_Zone": f"GMT{listed}" if ":" in listed or not listed else f"GMT{listed}:00",
        "Time_Offset__HH_mm_": f"00/{over:02}" if over else "",
        "Daylight_Saving_Time_Enable": "Yes" if zone.changes else "No",
        "Daylight_Saving_Time_Rule": "",
    }
    if changes := zone.changes:
        start, end = (_cisco(it) for it in changes)
        saving = f"{zone.saving // 60}:{zone.saving % 60}:0"
        settings["Daylight_Saving_Time_Rule"] = f"start={start};end={end};save={saving}"
    return settings


_CISCO_PARTS = frozenset((-210, 210, 270, 330, 345, 390, 570))
"""Offsets with a part of an hour that `Time_Zone` offers."""


def _cisco(it: Change) -> str:
    day = (
        f"-1/{_monday_first(it)}"
        if it.last
        else f"{it.earliest}/{_monday_first(it)}"
        if it.earliest is not None
        else f"{it.day}/0"
    )
    return f"{it.month}/{day}/{it.minute // 60}:{it.minute % 60}:0"


def fanvil(zone: Zone) -> Settings:
    """Quarters of an hour east. Changes on the whole hour; week 5 is the last, Sunday is 0. A
    change that is not of one week each year is given by the week it has in this one.

    Firmware differs in what says that there is a rule, and that it goes by week: `DSTType` and
    `DSTRuleMode` of some, `EnableDST` and `DSTFixedType` of others.
    """
    ruled = "2" if zone.changes else "0"
    return {
        f"phone/date/{name}": value
        for name, value in {**_fanvil(zone), "DSTType": ruled, "DSTRuleMode": "0"}.items()
    }


def fanvil_old(zone: Zone) -> Settings:
    """As `fanvil`, with underscores between words."""
    return {
        f"GLOBAL_CONFIG_MODULE/{_WORD_ENDS.sub('_', name)}": value
        for name, value in _fanvil(zone).items()
    }


_WORD_ENDS = re.compile("(?<=[a-z])(?=[A-Z])|(?<=DST)(?=[A-Z])")


def _fanvil(zone: Zone) -> dict[str, str]:
    ruled = "2" if zone.changes else "0"
    settings = {
        "TimeZone": str(zone.offset // 15),
        "TimeZoneName": f"UTC{offset(zone.offset)}" if zone.offset else "UTC",
        "EnableDST": ruled,
        "DSTFixedType": ruled,
        "DSTMinOffset": str(zone.saving) if zone.changes else "60",
    }
    for name, it in zip(("Start", "End"), zone.changes or (), strict=False):
        settings |= {
            f"DST{name}Mon": str(it.month),
            f"DST{name}Week": str(it.week),
            f"DST{name}Wday": str(it.weekday),
            f"DST{name}Hour": str(it.hour),
        }
    return settings


def posix(zone: Zone) -> str:
    """As POSIX has TZ, of at most 64 characters, without `<` and `>`, which phones do not read.
    A change that is not of one week each year is given by the week it has in this one."""
    text = f"STD{offset(-zone.offset)}"
    if changes := zone.changes:
        text += f"DST{offset(-zone.summer)}" + "".join(
            f",M{it.month}.{it.week}.{it.weekday}/{time_of_day(it.minute)}" for it in changes
        )
    assert len(text) <= _POSIX_LONGEST
    return text


def grandstream(zone: Zone) -> Settings:
    """A zone of one's own is written as POSIX has it."""
    return {
        "dateTime.timezone": "customize",
        "dateTime.timezone.custom": posix(zone),
        "dateTime.override.dhcp.allowOption2": "No",
    }


def grandstream_p(zone: Zone) -> Settings:
    """Of older phones: P64 the zone, P246 one's own, P143 whether DHCP may say another."""
    return {"P64": "customize", "P246": posix(zone), "P143": "0"}


def _monday_first(it: Change) -> int:
    return it.weekday or 7


CLOCKS: Mapping[str, Callable[[Zone], Settings]] = {
    "cisco": cisco,
    "fanvil": fanvil,
    "fanvil-old": fanvil_old,
    "grandstream": grandstream,
    "grandstream-p": grandstream_p,
    "mitel": mitel,
    "poly": poly,
    "snom": snom,
    "yealink": yealink,
}
"""By format (see `controlplane.render.phones.formats`)."""


def clock(form: str, zone: Zone) -> dict[str, str]:
    """Empty for phones that have their clock from elsewhere."""
    return dict(CLOCKS[form](zone)) if form in CLOCKS else {}
