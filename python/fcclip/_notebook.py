"""What a notebook shows of an answer."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._segmentation import Segment, Segmentation

_SHOWN = 50
_QUALITY = 88


def html_of(found: Segmentation) -> str:
    """The overlay above a table of the segments, in one piece without links."""
    overlay = base64.b64encode(found._drawn().jpeg(_QUALITY)).decode()
    rows = "".join(_row(one) for one in found[:_SHOWN])
    more = f"<p>… and {len(found) - _SHOWN} more</p>" if len(found) > _SHOWN else ""
    titles = ("id", "name", "score", "trained", "CLIP", "next best", "area", "box")
    head = "".join(f"<th>{title}</th>" for title in titles)
    return (
        f'<figure style="margin:0"><img alt="{_text(found.image_name)}, segmented" style="max-width:100%" '
        f'src="data:image/jpeg;base64,{overlay}"><figcaption>{_text(repr(found)[1:-1])}</figcaption></figure>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"
    )


def _row(one: Segment) -> str:
    named = one.name if one.synonym == one.name else f"{one.name} ({one.synonym})"
    best = ", ".join(f"{name} {score:.2f}" for name, score in one.alternatives)
    cells = (str(one.id), named, f"{one.score:.3f}", f"{one.in_vocabulary:.3f}", f"{one.out_of_vocabulary:.3f}", best,
             str(one.area), ", ".join(map(str, one.box)))
    return "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>"


def _text(value: str) -> str:
    return html.escape(value.encode("utf-8", "replace").decode())
