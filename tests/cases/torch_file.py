"""Checkpoints as torch.save writes them, made with nothing but Python: a zip file, or the older form."""

import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

DTYPES = {"F32": ("FloatStorage", 4), "F16": ("HalfStorage", 2), "I64": ("LongStorage", 8)}


def _fake(module, name, value):
    """Pickles name functions and classes by their module: an empty one stands in for torch."""
    value.__module__, value.__qualname__, value.__name__ = module, name, name
    setattr(sys.modules.setdefault(module, types.ModuleType(module)), name, value)
    return value


def _rebuild(*arguments):
    raise NotImplementedError


REBUILD = _fake("torch._utils", "_rebuild_tensor_v2", _rebuild)
STORAGES = {name: _fake("torch", name, type(name, (), {})) for name, _ in DTYPES.values()}
NAMESPACE = _fake("argparse_like", "Namespace", type("Namespace", (), {}))


class Storage:
    def __init__(self, kind, count, data):
        self.kind, self.count, self.data = kind, count, data


class Tensor:
    """Values of `dtype` (as safetensors names it) in `data`; tensors may share a Storage."""

    def __init__(self, dtype, shape, data=None, storage=None):
        kind, size = DTYPES[dtype]
        self.shape = tuple(shape)
        self.storage = storage or Storage(kind, len(data) // size, data)

    def __reduce_ex__(self, protocol):
        strides, step = [], 1
        for extent in reversed(self.shape):
            strides.insert(0, step)
            step *= extent
        return REBUILD, (self.storage, 0, self.shape, tuple(strides), False, collections.OrderedDict())


class _Pickler(pickle.Pickler):
    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.storages = []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        return ("storage", STORAGES[value.kind], str(self.storages.index(value)), "cpu", value.count)


def _pickled(value):
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(value)
    return file.getvalue(), pickler.storages


def save(path, value, byte_order="little"):
    data, storages = _pickled(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/byteorder", byte_order)
        for number, storage in enumerate(storages):
            archive.writestr(f"archive/data/{number}", storage.data)
        archive.writestr("archive/version", "3\n")


def save_legacy(path, value):
    """The form of torch before 1.6."""
    data, storages = _pickled(value)
    with open(path, "wb") as file:
        for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
            file.write(pickle.dumps(part, protocol=2))
        file.write(data)
        file.write(pickle.dumps([str(number) for number in range(len(storages))], protocol=2))
        for storage in storages:
            file.write(struct.pack("<Q", storage.count) + storage.data)


def read_safetensors(path):
    """name -> (dtype, shape, bytes), and the metadata."""
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[8 + length + begin:8 + length + end])
    return tensors, metadata


def write_safetensors(path, tensors, metadata=None):
    header, end = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors.values():
            file.write(data)
