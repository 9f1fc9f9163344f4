#!/usr/bin/env python3
"""Writes compare/: two files whose objects of one name differ, and what h5diff (the first argument, 1.14)
says of them: command lines after "$", output, and exit codes after "?".

Every dataset shows where h5diff takes elements in memory for those of another type, converts them, or
does without them. The bytes are given, not the values, so that no conversion is made when they are written.
"""
import os
import pathlib
import struct
import subprocess
import sys

import h5py
import numpy as np
from h5py import h5a, h5d, h5s, h5t

HERE = pathlib.Path(__file__).parent / "compare"
COMMANDS = [
    "-r", "-v2", "-c", "-r -d 0.5", "-r -p 0.2", "-r --use-system-epsilon", "-r -N --use-system-epsilon",
    "-r -d 1e30", "-r -n 1", "-v -c --follow-symlinks", "-r part[1;2;3] part[1;2;3]", "-r part part[1;2;3]",
    "-r part[0;;5] part[0;;4]", "-r scalar[0]", "--vfd-name-1=none", "-p nan -r part",
]


def space(shape):
    if shape is None:
        return h5s.create(h5s.NULL)
    return h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)


def put(file, name, datatype, shape, data):
    dataset = h5d.create(file.id, name.encode(), datatype, space(shape))
    dataset.write(h5s.ALL, h5s.ALL, np.frombuffer(data, np.uint8), mtype=datatype)


def put_attribute(file, name, datatype, shape, data):
    attribute = h5a.create(file.id, name.encode(), datatype, space(shape))
    if data is not None:
        attribute.write(np.frombuffer(data, np.uint8), mtype=datatype)


def enumeration(base, names):
    datatype = h5t.enum_create(base)
    for value, name in enumerate(names):
        datatype.enum_insert(name.encode(), value)
    return datatype


def text(size, padding, charset):
    datatype = h5t.C_S1.copy()
    datatype.set_size(size)
    datatype.set_strpad(padding)
    datatype.set_cset(charset)
    return datatype


def write(file, second):
    def pack(form, first, other):
        return struct.pack(form, *(other if second else first))

    put(file, "unsigned", h5t.STD_U32BE, (3,), pack(">3I", (5, 2**32 - 1, 7), (2**32 - 100, 1, 7)))
    long = h5t.STD_I64LE
    put(file, "long", long, (2,), pack("<2q", (-(2**63), 1), (5, 1)))
    numbers = [(0.0, -0.0, float("inf"), float("nan"), 1.0), (-0.0, 0.0, float("inf"), float("nan"), 1.0 + 2**-52)]
    put(file, "numbers", h5t.IEEE_F64LE, (5,), struct.pack("<5d", *numbers[second]))
    put(file, "infinite", h5t.IEEE_F64LE, (2,), struct.pack("<2d", float("inf"), float("nan")))
    wide = h5t.array_create(h5t.STD_I64LE if second else h5t.STD_I32LE, (3,))
    form = "<6q" if second else "<6i"
    put(file, "arrays", wide, (2,), pack(form, (1, 2, 3, 4, 5, 6), (1, 9, 3, 4, 5, 7)))
    big = enumeration(h5t.STD_I16BE, ["red", "green", "blue"])
    put(file, "invalid", big, (4,), pack(">4h", (0, 1, 7, 7), (0, 2, 8, 1)))
    small = enumeration(h5t.STD_I8LE, ["red", "verde", "blue"])
    put(file, "renamed", small if second else big, (3,), pack("<3b" if second else ">3h", (0, 1, 2), (0, 1, 2)))
    layout = [("a", "<i2"), ("b", "<i8")] if second else [("a", "<i4"), ("b", "<i4")]
    data = np.array([(1, 2), (3, 5 if second else 4)], layout)
    put(file, "members", h5t.py_create(data.dtype), (2,), data.tobytes())
    charset = h5t.CSET_UTF8 if second else h5t.CSET_ASCII
    put(file, "padding", text(3 + second, h5t.STR_SPACEPAD if second else h5t.STR_NULLPAD, 0), (2,),
        b"ab  abcd" if second else b"ab\0abc")
    put(file, "charset", text(3 + second, h5t.STR_NULLTERM, charset), (1,), b"abcd"[: 3 + second])
    sequences = file.create_dataset("sequences", (2,), h5py.vlen_dtype(np.dtype("<i8" if second else "<i4")))
    sequences[0], sequences[1] = [1, 3 if second else 2], [3]
    put(file, "part", h5t.STD_I32LE, (8,), pack("<8i", range(8), (0, 1, 2, 9, 4, 9, 6, 9)))
    put(file, "scalar", h5t.STD_I32LE, (), pack("<i", (1,), (2,)))
    h5d.create(file.id, b"time", h5t.UNIX_D32LE, space((1,)))
    file["link"] = h5py.SoftLink("/part")
    put_attribute(file, "null", h5t.STD_I32LE, () if second else None, struct.pack("<i", 3) if second else None)
    put_attribute(file, "charset", text(3 + second, h5t.STR_NULLTERM, charset), (), b"abcd"[: 3 + second])
    put_attribute(file, "time", h5t.UNIX_D32LE, (), None)
    file.attrs.create("text", "same", dtype=h5py.string_dtype("utf-8" if second else "ascii"))
    put_attribute(file, "unsigned", h5t.STD_I16LE if second else h5t.STD_U32LE, (2,),
                  struct.pack("<2h", -1, 7) if second else struct.pack("<2I", 2**32 - 1, 7))


def main():
    HERE.mkdir(exist_ok=True)
    for second, name in enumerate(["first.h5", "second.h5"]):
        with h5py.File(HERE / name, "w") as file:
            write(file, bool(second))
    with open(HERE / "expected.txt", "wb") as expected:
        for command in COMMANDS:
            words = command.split()
            options = 1 + max((at for at, word in enumerate(words) if word.startswith("-")), default=-1)
            options += words[:options] in (["-r", "-d"], ["-r", "-p"], ["-r", "-n"])
            if words[0] == "-p":
                options = 3
            words[options:options] = ["first.h5", "second.h5"]
            run = subprocess.run([sys.argv[1], *words], cwd=HERE, stdout=subprocess.PIPE, env=dict(os.environ, TZ="UTC"))
            expected.write(f"$ {' '.join(words)}\n".encode() + run.stdout + f"? {run.returncode}\n".encode())


if __name__ == "__main__":
    main()
