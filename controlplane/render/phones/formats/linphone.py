"""Linphone's XML of its configuration (pure).

Source: liblinphone, remote provisioning: sections and entries of its configuration file.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.render.phones.formats.xml import text

_HEAD = '<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">'


def linphone(settings: Mapping[str, str]) -> str:
    """`section/entry`. What was set before is overwritten."""
    sections: dict[str, list[str]] = {}
    for name, value in settings.items():
        section, _, entry = name.rpartition("/")
        sections.setdefault(section, []).append(
            f'<entry name="{text(entry)}" overwrite="true">{text(value)}</entry>'
        )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _HEAD]
    for section, entries in sections.items():
        lines += [f'<section name="{text(section)}">', *entries, "</section>"]
    return "\n".join((*lines, "</config>\n"))
