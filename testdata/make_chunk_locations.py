#!/usr/bin/env python3
"""Writes chunk-locations.txt: where libhdf5 says that the chunks of the fixtures are.

One line a dataset: file, address of the object header, number of chunks, and the FNV-1a hash of
"offsets address size mask" lines, sorted by offset.
"""
import pathlib
import struct

import h5py

HERE = pathlib.Path(__file__).parent


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def placed_by_content(path, dataset, chunk):
    """libhdf5 2.0 misstates coordinates where the unlimited dimension of an extensible array is not
    the first. Such datasets hold a ramp, so the first element of a chunk tells where it is."""
    assert dataset.dtype == "<i4" and dataset.ndim == 2 and not dataset._filters
    with open(path, "rb") as file:
        file.seek(chunk.byte_offset)
        (value,) = struct.unpack("<i", file.read(4))
    return chunk._replace(chunk_offset=divmod(value, dataset.shape[1]))


def datasets(file):
    try:
        found = []
        file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    except KeyError:  # an object that libhdf5 refuses
        return []
    return sorted((item for item in found if item.chunks), key=lambda item: item.name)


def lines():
    for path in sorted(HERE.glob("fixtures/*.h5")):
        try:
            file = h5py.File(path)
        except OSError:
            continue
        with file:
            if file.userblock_size:
                continue
            for dataset in datasets(file):
                chunks = []
                dataset.id.chunk_iter(chunks.append)
                if dataset.maxshape.count(None) == 1 and dataset.maxshape[0] is not None:
                    chunks = [placed_by_content(path, dataset, chunk) for chunk in chunks]
                chunks.sort(key=lambda chunk: chunk.chunk_offset)
                text = "".join(
                    f"{' '.join(map(str, c.chunk_offset))} {c.byte_offset} {c.size} {c.filter_mask}\n"
                    for c in chunks
                )
                address = h5py.h5o.get_info(dataset.id).addr
                yield f"{path.name} {address} {len(chunks)} {fnv1a(text):016x}\n"


(HERE / "chunk-locations.txt").write_text("".join(lines()))
