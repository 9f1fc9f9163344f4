#!/usr/bin/env python3
"""Writes huge/: small files with datasets of huge shapes, of which next to nothing is stored.

huge.json tells what libhdf5 2.0 reads of each in parts: dataset, first element, elements. Nobody reads them whole.
The source of "absent" and the raw data of "no file" are not there on purpose.
"""

import json
import os
import pathlib

import h5py
import numpy

FOLDER = pathlib.Path(__file__).parent / "huge"
LEN = 1 << 40
PARTS = [0, 1000, 1 << 20, 1 << 33, LEN - 5]  # five elements are read from each


def virtual(file, name, shape, kind, parts):
    """A virtual dataset of parts: where, of which file and dataset, and how much of it."""
    layout = h5py.VirtualLayout(shape, kind)
    for start, path, dataset, count in parts:
        layout[start : start + count] = h5py.VirtualSource(path, dataset, (count,), kind)
    file.create_virtual_dataset(name, layout, fillvalue=7)


def external(file, name, raw, size):
    file.create_dataset(name, (LEN,), "u1", external=[(raw, 0, size)])


def numbered(file, name, stride):
    """Blocks of a dataset each, as far from one another as they can be."""
    space = h5py.h5s.create_simple((stride,), (h5py.h5s.UNLIMITED,))
    space.select_hyperslab((0,), (h5py.h5s.UNLIMITED,), (stride,), (stride,))
    source = h5py.h5s.create_simple((stride,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    plist.set_fill_value(numpy.array(7, "i4"))
    plist.set_virtual(space, b".", b"block %b", source)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I32LE, space, plist)


def write():
    (FOLDER / "external.raw").write_bytes(bytes(range(1, 101)))
    with h5py.File("huge.h5", "w", libver=("v110", "v110")) as file:
        unlimited = {"chunks": (256,), "maxshape": (None,)}
        chunked = file.create_dataset("chunked", (LEN,), "i4", **unlimited, fillvalue=3)
        chunked[1000:1003] = 1, 2, 3
        file["few"] = numpy.arange(10, 20, dtype="i4")
        for block in range(2):
            blocks = file.create_dataset(f"block {block}", (LEN,), "i4", **unlimited, fillvalue=block)
            blocks[1000:1002] = 50 + block
        virtual(file, "absent", (LEN,), "i4", [(0, "not there.h5", "data", LEN)])
        virtual(file, "of chunks", (LEN,), "i4", [(0, ".", "chunked", LEN)])
        virtual(file, "few of many", (LEN,), "i4", [(1000, ".", "few", 10)])
        virtual(file, "of absent", (LEN,), "i4", [(0, ".", "absent", LEN)])
        numbered(file, "numbered", LEN)
        external(file, "short file", "external.raw", h5py.h5f.UNLIMITED)
        virtual(file, "of short file", (LEN,), "u1", [(0, ".", "short file", LEN)])
        external(file, "no file", "not there.raw", h5py.h5f.UNLIMITED)


def read():
    truth = []
    with h5py.File("huge.h5") as file:
        for name, dataset in sorted(file.items()):
            for start in [first for first in PARTS if first + 5 <= dataset.shape[0]]:
                try:
                    values = dataset[start : start + 5].tolist()
                except OSError:
                    values = None  # an error
                truth.append({"dataset": name, "start": start, "values": values})
    return truth


FOLDER.mkdir(exist_ok=True)
os.chdir(FOLDER)
write()
pathlib.Path("huge.json").write_text("[\n" + ",\n".join(map(json.dumps, read())) + "\n]\n")
