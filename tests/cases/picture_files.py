"""Pictures made by hand, to have every kind that people's programs write, and PNGs read back."""

import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows, depth=8, colour=2, extra=b""):
    """rows: the packed bytes of each row; extra: chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def read_png(path):
    """An 8-bit PNG without palette -> height, width and the list of pixels, tuples of samples."""
    data = path.read_bytes()
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
            assert depth == 8
        if kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, row_bytes = zlib.decompress(packed), width * channels
    above, pixels = bytes(row_bytes), []
    for y in range(height):
        kind, row = raw[y * (row_bytes + 1)], bytearray(raw[y * (row_bytes + 1) + 1:(y + 1) * (row_bytes + 1)])
        for i in range(row_bytes):
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            row[i] = (row[i] + predicted(kind, left, above[i], corner)) & 255
        pixels += [tuple(row[i:i + channels]) for i in range(0, row_bytes, channels)]
        above = bytes(row)
    return height, width, pixels


def predicted(kind, left, up, corner):
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2)[kind]


SAMPLE_FORMATS = {"B": (8, 1), "H": (16, 1), "I": (32, 1), "h": (16, 2), "i": (32, 2), "f": (32, 3), "d": (64, 3)}


class Tiff:
    """A TIFF of `pixels`, tuples of samples row after row, packed by `code` of the struct module."""

    def __init__(self, width, height, pixels, code="B", **options):
        self.width, self.height, self.pixels, self.code = width, height, pixels, code
        self.order = options.get("order", "<")
        self.big = options.get("big", False)          # BigTIFF
        self.tile = options.get("tile")               # side of tiles
        self.planar = options.get("planar", False)
        self.missing = options.get("missing", ())     # tiles or strips that are not written
        self.deflate = options.get("deflate", False)
        self.photometric = options.get("photometric", 2)
        self.extra = options.get("extra", {})         # tag: (type, values)
        self.rows = options.get("rows", 5)            # of a strip

    def block(self, x, y, width, height, bands):
        values = []
        for row in range(y, y + height):
            for column in range(x, x + width):
                inside = row < self.height and column < self.width
                pixel = self.pixels[row * self.width + column] if inside else [0] * len(self.pixels[0])
                values += [pixel[band] for band in bands]
        data = struct.pack(self.order + str(len(values)) + self.code, *values)
        return zlib.compress(data) if self.deflate else data

    def blocks(self):
        samples = range(len(self.pixels[0]))
        found = []
        for bands in ([[band] for band in samples] if self.planar else [samples]):
            if self.tile:
                found += [self.block(x, y, self.tile, self.tile, bands)
                          for y in range(0, self.height, self.tile) for x in range(0, self.width, self.tile)]
            else:
                found += [self.block(0, y, self.width, min(self.rows, self.height - y), bands)
                          for y in range(0, self.height, self.rows)]
        return [b"" if i in self.missing else data for i, data in enumerate(found)]

    def bytes(self):
        bits, kind = SAMPLE_FORMATS[self.code]
        count, blocks = len(self.pixels[0]), self.blocks()
        tags = {256: (4, [self.width]), 257: (4, [self.height]), 258: (3, [bits] * count),
                259: (3, [8 if self.deflate else 1]), 262: (3, [self.photometric]), 277: (3, [count]),
                284: (3, [2 if self.planar else 1]), 339: (3, [kind] * count)}
        start = 16 if self.big else 8
        offsets, position = [], start
        for data in blocks:
            offsets.append(position if data else 0)
            position += len(data)
        wide = 16 if self.big else 4
        tags[324 if self.tile else 273] = (wide, offsets)
        tags[325 if self.tile else 279] = (wide, [len(data) for data in blocks])
        tags.update({322: (3, [self.tile]), 323: (3, [self.tile])} if self.tile else {278: (3, [self.rows])})
        tags.update(self.extra)
        return self.header(position) + b"".join(blocks) + self.directory(tags, position)

    def header(self, directory):
        mark = b"II" if self.order == "<" else b"MM"
        if self.big:
            return mark + struct.pack(self.order + "HHHQ", 43, 8, 0, directory)
        return mark + struct.pack(self.order + "HI", 42, directory)

    def directory(self, tags, position):
        place, number, room = ("Q", "Q", 8) if self.big else ("I", "H", 4)
        entry = 4 + 2 * room
        far = position + struct.calcsize("<" + number) + entry * len(tags) + room
        entries, values = b"", b""
        for tag in sorted(tags):
            kind, content = tags[tag]
            data = self.packed(kind, content)
            entries += struct.pack(self.order + "HH" + place, tag, kind, len(content))
            if len(data) <= room:
                entries += data.ljust(room, b"\0")
            else:
                entries += struct.pack(self.order + place, far + len(values))
                values += data
        return struct.pack(self.order + number, len(tags)) + entries + bytes(room) + values

    def packed(self, kind, content):
        if isinstance(content, bytes):
            return content
        return struct.pack(self.order + str(len(content)) + {3: "H", 4: "I", 12: "d", 16: "Q"}[kind], *content)


def bmp(width, height, rows, bits, palette=b"", compression=0, masks=b"", top_down=False):
    """rows: unpadded bytes of each row from above; with a compression the data themselves."""
    if compression in (1, 2):
        data = rows
    else:
        rows = [row.ljust((len(row) + 3) // 4 * 4, b"\0") for row in rows]
        data = b"".join(rows if top_down else rows[::-1])
    offset = 14 + 40 + len(masks) + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, -height if top_down else height, 1, bits, compression, len(data),
                         0, 0, len(palette) // 4, 0)
    return struct.pack("<2sIHHI", b"BM", offset + len(data), 0, 0, offset) + header + masks + palette + data


def gif(width, height, indices, palette, interlaced=False, left=0, top=0, screen=None):
    """Without compression: a clear code before the table grows."""
    codes = []
    value = length = 0
    out = bytearray()
    for i, index in enumerate(indices):
        if i % 100 == 0:
            codes.append(256)
        codes.append(index)
    for code in codes + [257]:
        value |= code << length
        length += 9
        while length >= 8:
            out.append(value & 255)
            value, length = value >> 8, length - 8
    out.append(value & 255)
    blocks = b"".join(bytes([len(out[i:i + 255])]) + bytes(out[i:i + 255]) for i in range(0, len(out), 255))
    screen_width, screen_height = screen or (width, height)
    colours = b"".join(bytes(colour) for colour in palette).ljust(768, b"\0")
    return (b"GIF89a" + struct.pack("<HHBBB", screen_width, screen_height, 0xf7, 0, 0) + colours +
            struct.pack("<BHHHHB", 0x2c, left, top, width, height, 0x40 if interlaced else 0) + b"\x08" + blocks +
            b"\0;")
