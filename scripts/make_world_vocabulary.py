#!/usr/bin/env python3
"""Writes data/vocabularies/world_381.json from data/world/*.tsv: the names that `make world` packs, without the pictures.

Run with:  .venv/bin/python scripts/make_world_vocabulary.py

The classes are those of World::vocabulary() with three pictures a thing, in its order; "seen" says whether the mask
generator of models/mini.safetensors was trained on them (CLIP's pretraining knew all).
"""

import json
from pathlib import Path

import pack_world

ROOT = Path(__file__).resolve().parent.parent
MIN_PICTURES = 3


def main():
    tables = ROOT / "data" / "world"
    pictures = [pack_world.picture_entry(*item) for item in pack_world.sources(tables)]
    kept = [c for c in pack_world.concept_entries(tables, pictures) if not c["is_thing"] or c["count"] >= MIN_PICTURES]
    lines = []
    for number, entry in enumerate(kept, 1):
        words = [entry["name"], *entry["synonyms"]]
        assert not any("," in word for word in words), words
        lines.append("  " + json.dumps({"id": number, "name": ",".join(words), "isthing": int(entry["is_thing"]),
                                        "seen": int(entry["is_seen"])}, ensure_ascii=False))
    path = ROOT / "data" / "vocabularies" / f"world_{len(kept)}.json"
    path.write_text('{"name": "%s", "categories": [\n%s\n]}\n' % (path.stem, ",\n".join(lines)))
    print(f"{path}: {len(kept)} classes")


if __name__ == "__main__":
    main()
