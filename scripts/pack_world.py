#!/usr/bin/env python3
"""Packs the pictures that data/world/*.tsv name into one mappable file.

usage: pack_world.py TABLES ROOT OUTPUT    (ROOT/<package>/ = the package unpacked with dpkg -x)

Writes a safetensors file: a uint8 [h, w, 4] RGBA tensor a picture, named by its row's id, and the tables' columns
as JSON in the metadata, so that nothing else is needed at run time. Cut-outs are cropped to the object, longer side
at most 256; textures at most 512. Needs Pillow, and rsvg-convert (Debian librsvg2-bin).
"""

import collections
import concurrent.futures
import csv
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import zipfile

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps, ImageStat

FORMAT = "fcclip-world-1"
THING_SIDE, TEXTURE_SIDE = 256, 512
EMOJI_FONT = "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
EMOJI_SIZE = 109  # the only size of this font's bitmaps
LOOK_ALIKE = 0.9  # correlation of 24x24 thumbnails
THUMBNAIL = 24


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def emoji(root, row):
    font = ImageFont.truetype(str(root / row["package"] / EMOJI_FONT), EMOJI_SIZE)
    text = "".join(chr(int(code[2:], 16)) for code in row["path"].split())
    picture = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((40, 30), text, font=font, embedded_color=True)
    return picture


def rendered_svg(path):
    side = str(THING_SIDE)
    run = subprocess.run(["rsvg-convert", "-a", "-w", side, "-h", side, str(path)], capture_output=True, check=True)
    return Image.open(io.BytesIO(run.stdout)).convert("RGBA")


def cut_out(root, row):
    """The picture cropped to what is opaque."""
    path = root / row["package"] / row["path"]
    # EmojiOne's PNGs are 64 px; the same names lie beside them as SVG.
    drawn = pathlib.Path(str(path).replace("/assets/png/", "/assets/svg/")).with_suffix(".svg")
    if row["render"] == "emoji":
        picture = emoji(root, row)
    elif row["render"] == "svg":
        picture = rendered_svg(path)
    elif drawn != path and "/assets/svg/" in str(drawn) and drawn.exists():
        picture = rendered_svg(drawn)
    else:
        picture = Image.open(path).convert("RGBA")
    box = picture.getchannel("A").point(lambda a: 255 if a > 127 else 0).getbbox()
    return fitted(picture.crop(box), THING_SIDE)


def gimp_pattern(data):
    header, _, width, height, channels = struct.unpack(">5I", data[:20])
    if data[20:24] != b"GPAT":
        raise ValueError("not a GIMP pattern")
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    return Image.frombytes(mode, (width, height), data[header : header + width * height * channels]).convert("RGB")


def opaque(picture):
    """Transparent parts filled with the mean of the rest."""
    if picture.mode not in {"P", "LA", "PA", "RGBA"}:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    mask = picture.getchannel("A").point(lambda a: 255 if a > 127 else 0)
    mean = tuple(round(v) for v in ImageStat.Stat(picture.convert("RGB"), mask).mean)
    ground = Image.new("RGBA", picture.size, mean + (255,))
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def texture(root, row, zips, side):
    base = root / row["package"]
    if row["archive"]:
        archive = base / row["archive"]
        if archive not in zips:
            zips[archive] = zipfile.ZipFile(archive)
        data = zips[archive].read(row["path"])
    else:
        data = (base / row["path"]).read_bytes()
    picture = gimp_pattern(data) if row["path"].endswith(".pat") else opaque(Image.open(io.BytesIO(data)))
    return fitted(picture.convert("RGBA"), side)


def fitted(picture, side):
    longer = max(picture.size)
    if longer <= side:
        return picture
    # Pillow resizes RGBA premultiplied.
    return picture.resize([max(1, round(s * side / longer)) for s in picture.size], Image.LANCZOS)


def thumbnail(picture):
    """Brightness on grey and the shape, as two small pictures."""
    small = picture.resize((THUMBNAIL, THUMBNAIL), Image.BOX)
    ground = Image.new("RGBA", small.size, (128, 128, 128, 255))
    ground.alpha_composite(small)
    return ground.convert("L"), small.getchannel("A")


def correlation(a, b):
    """Of two grey pictures; 0 where one of them is flat."""
    mean_a, mean_b = ImageStat.Stat(a).mean[0], ImageStat.Stat(b).mean[0]
    values = [(x - mean_a, y - mean_b) for x, y in zip(a.tobytes(), b.tobytes())]
    product = sum(x * y for x, y in values)
    norm = sum(x * x for x, _ in values) * sum(y * y for _, y in values)
    return product / norm**0.5 if norm > 0 else 0.0


def alike(a, b):
    for mirrored in (False, True):
        grey, shape = (ImageOps.mirror(part) if mirrored else part for part in b)
        overlap = ImageStat.Stat(ImageChops.difference(a[1], shape)).mean[0] < 20
        if overlap and correlation(a[0], grey) > LOOK_ALIKE:
            return True
    return False


class Groups:
    """Union-find over ids."""

    def __init__(self):
        self.parent = {}

    def find(self, x):
        while self.parent.setdefault(x, x) != x:
            x = self.parent[x]
        return x

    def join(self, a, b):
        a, b = sorted((self.find(a), self.find(b)))
        self.parent[b] = a


def look_alikes(pictures, thumbnails, twins):
    groups = Groups()
    by_name = collections.defaultdict(list)
    for picture in pictures:
        by_name[picture["name"], picture["is_thing"]].append(picture["id"])
    for ids in by_name.values():
        for k, a in enumerate(ids):
            for b in ids[:k]:
                if alike(thumbnails[a], thumbnails[b]):
                    groups.join(a, b)
    for twin in twins:
        groups.join(twin["id_a"], twin["id_b"])
    for picture in pictures:
        picture["look_alikes"] = groups.find(picture["id"])


def words(text):
    return [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]


def picture_entry(row, is_thing, kind):
    return {
        "id": row["id"],
        "name": row["name"],
        "synonyms": words(row["synonyms"]),
        "caption": row["caption"],
        "style": row.get("style") or ("texture" if not is_thing else "photo"),
        "licence": row["licence"],
        "tileable": row.get("tileable") == "yes",
        "is_thing": is_thing,
        "is_extra": kind == "extra",
    }


def concept_entries(tables, pictures):
    """A concept a name. Words that several concepts have are not names of one: they become broader terms."""
    listed = {row["name"]: row for row in rows(tables / "concepts.tsv")}
    broader = collections.defaultdict(list)
    for row in rows(tables / "broader.tsv"):
        broader[row["name"]].append(row["broader_or_shared_term"])
    concepts = {}
    for picture in pictures:
        name = picture["name"]
        row = listed.get(name, {"group": "object", "split": "seen"})
        group, split = (row["group"], row["split"]) if picture["is_thing"] else ("stuff", "seen")
        concept = concepts.setdefault(
            name, {"name": name, "group": group, "is_seen": split == "seen", "is_thing": picture["is_thing"],
                   "synonyms": [], "broader": list(broader[name]), "count": 0})
        concept["count"] += not picture["is_extra"]
        concept["synonyms"] += [s for s in picture["synonyms"] if s != name and s not in concept["synonyms"]]
    owners = collections.Counter(word for c in concepts.values() for word in [c["name"], *c["synonyms"]])
    for concept in concepts.values():
        shared = [s for s in concept["synonyms"] if owners[s] > 1]
        concept["synonyms"] = [s for s in concept["synonyms"] if owners[s] == 1]
        concept["broader"] = sorted(set(concept["broader"] + shared))
    for name in {"garage door"} & set(concepts):
        concepts[name]["broader"].append("door")
    for picture in pictures:
        own = set(concepts[picture["name"]]["synonyms"])
        picture["synonyms"] = [s for s in picture["synonyms"] if s in own]
    return sorted(concepts.values(), key=lambda c: (not c["is_thing"], c["name"]))


def sources(tables):
    """(row, is thing, kind) of every picture. A thing named as a texture is (wood, rock) is left out, and so are the
    scenes: they show several kinds of stuff without masks."""
    stuff = [row for row in rows(tables / "stuff.tsv") if row["kind"] == "texture"]
    taken = {row["name"] for row in stuff}
    for kind, name in (("things", "things.tsv"), ("extra", "things_extra.tsv"), ("rect", "rect.tsv")):
        for row in rows(tables / name):
            if row["name"] not in taken:
                yield row, True, kind
    for row in stuff:
        yield row, False, "stuff"


class Packer:
    def __init__(self, blob):
        self.blob, self.header, self.end = blob, {}, 0

    def add(self, name, picture):
        data = picture.tobytes()
        self.blob.write(data)
        self.header[name] = {"dtype": "U8", "shape": [picture.height, picture.width, 4],
                             "data_offsets": [self.end, self.end + len(data)]}
        self.end += len(data)


def read_all(root, found):
    zips = {}

    def read(item):
        row, _, kind = item
        return cut_out(root, row) if kind in {"things", "extra"} else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (row, is_thing, kind), picture in zip(found, pool.map(read, found)):
            if picture is None:
                picture = texture(root, row, zips, THING_SIDE if is_thing else TEXTURE_SIDE)
            yield picture


def pack(tables, root, output):
    found = list(sources(tables))
    pictures = [picture_entry(*item) for item in found]
    thumbnails = {}
    temporary = output.with_suffix(".blob.tmp")
    with open(temporary, "wb") as blob:
        packer = Packer(blob)
        for n, (entry, picture) in enumerate(zip(pictures, read_all(root, found))):
            packer.add(entry["id"], picture)
            thumbnails[entry["id"]] = thumbnail(picture)
            if sys.stderr.isatty() and n % 50 == 0:
                print(f"\rworld: {n}/{len(found)} pictures", end="", file=sys.stderr)
    look_alikes(pictures, thumbnails, rows(tables / "twins.tsv"))
    concepts = concept_entries(tables, pictures)
    packer.header["__metadata__"] = {
        "format": FORMAT,
        "concepts": json.dumps(concepts, ensure_ascii=False),
        "pictures": json.dumps(pictures, ensure_ascii=False),
    }
    header = json.dumps(packer.header, ensure_ascii=False).encode()
    header += b" " * (-len(header) % 64)
    whole = output.with_suffix(".tmp")
    with open(whole, "wb") as file, open(temporary, "rb") as blob:
        file.write(struct.pack("<Q", len(header)) + header)
        shutil.copyfileobj(blob, file, 1 << 22)
    temporary.unlink()
    whole.rename(output)
    size = output.stat().st_size / 1e6
    print(f"world: {output}: {len(pictures)} pictures of {len(concepts)} concepts, {size:.0f} MB")


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: pack_world.py TABLES ROOT OUTPUT")
    tables, root, output = (pathlib.Path(a) for a in sys.argv[1:])
    try:
        pack(tables, root, output)
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        sys.exit(f"world: cannot pack: {error}")


if __name__ == "__main__":
    main()
