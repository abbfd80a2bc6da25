#!/usr/bin/env python3
"""Makes the pictures of this folder and expected.json, their pixels as Pillow reads them.

Needs Pillow (13.0), NumPy and tifffile. Run only to add a case; the results are committed.
"""
import json
import pathlib
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent
HEIGHT, WIDTH = 9, 13
rng = np.random.default_rng(5)


def smooth():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([x * 19 + y * 3, 255 - x * 11 - y * 9, (x * y * 5) % 256], -1)
    return rgb.clip(0, 255).astype(np.uint8)


def chunk(tag, data):
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def png(width, height, bits, kind, rows, extra=b"", interlace=0):
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def adam7(pixels):
    out = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                         (1, 0, 2, 2), (0, 1, 1, 2)):
        part = pixels[y::dy, x::dx]
        out += b"".join(b"\0" + row.tobytes() for row in part) if part.size else b""
    return out


def random_rows(width, height, bits):
    size = (width * bits + 7) // 8
    return b"".join(b"\0" + rng.integers(0, 256, size, np.uint8).tobytes() for _ in range(height))


def orientation(value):
    exif = Image.Exif()
    exif[0x112] = value
    return exif


def main():
    pixels = smooth()
    rgb = Image.fromarray(pixels)
    alpha = np.dstack([pixels, (pixels[..., 0] // 2 + 60)])
    rgba, grey, cmyk = Image.fromarray(alpha), rgb.convert("L"), rgb.convert("CMYK")
    save = lambda image, name, **options: image.save(FOLDER / name, **options)
    raw = lambda name, data: (FOLDER / name).write_bytes(data)

    save(rgb, "420.jpg", quality=80, subsampling=2)
    save(rgb, "444_progressive.jpg", quality=80, subsampling=0, progressive=True)
    save(grey, "grey.jpg", quality=80)
    save(cmyk, "cmyk.jpg", quality=90)
    for value in range(1, 9):
        save(rgb, f"exif{value}.jpg", quality=70, exif=orientation(value))
    save(rgb, "exif6.png", exif=orientation(6))
    save(rgb, "exif8.webp", lossless=True, exif=orientation(8))
    save(rgb, "exif5.tif", tiffinfo={274: 5})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:D tiff:Orientation="3"/></x:xmpmeta>'
    save(rgb, "xmp3.jpg", quality=70, xmp=xmp)

    save(rgba, "rgba.png")
    save(rgb.quantize(20), "palette_transparent.png", transparency=bytes(range(20)))
    for bits in (1, 2, 4):
        raw(f"grey{bits}.png", png(WIDTH, HEIGHT, bits, 0, random_rows(WIDTH, HEIGHT, bits)))
    table = chunk(b"PLTE", rng.integers(0, 256, 12, np.uint8).tobytes())
    raw("palette2.png", png(WIDTH, HEIGHT, 2, 3, random_rows(WIDTH, HEIGHT, 2), table))
    raw("grey16.png", png(WIDTH, HEIGHT, 16, 0, random_rows(WIDTH, HEIGHT, 16)))
    raw("rgb16.png", png(5, 4, 16, 2, random_rows(5, 4, 48)))
    raw("rgba16.png", png(5, 4, 16, 6, random_rows(5, 4, 64)))
    raw("interlaced.png", png(WIDTH, HEIGHT, 8, 2, adam7(pixels), interlace=1))

    save(rgb, "lossy.webp", quality=70)
    save(rgba, "alpha.webp", lossless=True, exact=True)
    save(rgba, "lossy_alpha.webp", quality=70)
    save(rgb, "animated.webp", save_all=True, append_images=[rgb.rotate(180)], lossless=True)

    save(rgb, "lzw.tif", compression="tiff_lzw")
    save(rgba, "rgba.tif")
    save(cmyk, "cmyk.tif")
    save(rgb.quantize(9), "palette.tif")
    save(rgb.convert("1"), "bilevel.tif", compression="group4")
    save(grey, "jpeg.tif", compression="jpeg")
    tiles = dict(tile=(16, 16), photometric="rgb")
    write = lambda name, data, **options: tifffile.imwrite(FOLDER / name, data, metadata=None, **options)
    write("tiles_planar_deflate.tif", np.ascontiguousarray(pixels.transpose(2, 0, 1)),
          planarconfig="separate", compression="zlib", **tiles)
    write("rgb16_big_endian.tif", (pixels[:4, :5].astype(">u2") * 251), photometric="rgb", byteorder=">")
    write("associated.tif", alpha[:4], photometric="rgb", extrasamples=["assocalpha"])

    expected = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix not in (".jpg", ".png", ".webp", ".tif"):
            continue
        image = Image.open(path)
        if image.mode.startswith("I"):  # Pillow would clip at 255; here the upper byte is taken
            got = np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, 2)
        else:
            got = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        expected[path.name] = {"height_width": list(got.shape[:2]), "rgb": got.tobytes().hex()}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=0) + "\n")


if __name__ == "__main__":
    main()
