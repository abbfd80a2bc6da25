#!/usr/bin/env python3
"""Writes data/vocabularies/<name>.json from recorded class tables of the reference.

Run with:  python3 scripts/make_vocabularies.py ../shared/goldens/vocabularies

One class a line, in contiguous order: the data set's id, the name as published (prompt-engineered, synonyms after
commas), the original name, thing or stuff, colour. A class's contiguous id is its position. Things are those of the
published id map where there is one (the reference's `thing_classes` lists every class for some data sets), else those
the published table marks; tables without any marks are stuff, except LVIS, whose classes are all instances.
"""

import json
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "data" / "vocabularies"


def source_categories(table):
    """The published rows; for data sets without a table, rows made of the class list."""
    if "categories" in table:
        return table["categories"]
    names = table.get("stuff_classes") or [",".join(s) for s in table["synonyms"]]
    ids = table.get("ids") or [int(i) for i in table["stuff_dataset_id_to_contiguous_id"]]
    return [{"id": i, "name": n} for i, n in zip(ids, names)]


def is_thing(table, row):
    things = table.get("thing_dataset_id_to_contiguous_id")
    if things:
        return str(row["id"]) in things
    return bool(row.get("isthing", table["name"] in ("lvis_1203", "pascal_voc_20")))


def checked(table, rows):
    """The recorded maps say nothing but positions; synonyms nothing but the split names."""
    for key in ("thing_dataset_id_to_contiguous_id", "stuff_dataset_id_to_contiguous_id"):
        for dataset_id, index in (table.get(key) or {}).items():
            assert rows[index]["id"] == int(dataset_id), (table["name"], key, dataset_id)
    for row, synonyms in zip(rows, table["synonyms"], strict=True):
        assert row["name"].replace(", ", ",").split(",") == synonyms, row
    assert len({row["id"] for row in rows}) == len(rows)
    return rows


def rows_of(table):
    colours = table.get("stuff_colors")
    rows = []
    for index, source in enumerate(source_categories(table)):
        row = {"id": source["id"], "name": source["name"]}
        if "original_name" in source:
            row["original_name"] = source["original_name"]
        row["isthing"] = int(is_thing(table, source))
        colour = colours[index] if colours else source.get("color")
        if colour:
            row["color"] = colour
        rows.append(row)
    return checked(table, rows)


def main(folder):
    OUT.mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(folder).glob("*.json")):
        table = json.loads(path.read_text(encoding="utf-8"))
        head = {key: table[key] for key in ("name", "evaluator_type", "ignore_label", "label_divisor")
                if table.get(key) is not None}
        rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows_of(table))
        text = json.dumps(head, ensure_ascii=False)[:-1] + ', "categories": [\n' + rows + "\n]}\n"
        assert json.loads(text)["categories"]
        (OUT / path.name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
