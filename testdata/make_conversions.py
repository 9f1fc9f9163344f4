#!/usr/bin/env python3
"""Rewrite src/types/convert/truth.txt: what the C library makes of elements of one type read as another.

    python3 make_conversions.py [PAIRS SEED]

Every row's result is computed again; PAIRS adds rows of random types and elements. A row is: source type | target type |
source elements | target elements, the latter two in hexadecimal. Types are named as NumPy names them, or by their layout,
which `message` reads. Needs h5py 3.16.0, whose libhdf5 (2.0) converts.

No rows are for what C leaves undefined (casts of NaN and of numbers out of range to integers of the machine, more than 64
bits of an integer rounded away), nor for targets in VAX order, which 2.0 writes in little-endian order, unlike 1.14.
"""

import ctypes
import pathlib
import random
import struct
import sys

import h5py

assert h5py.__version__ == "3.16.0"
TARGET = pathlib.Path(__file__).parent.parent / "src/types/convert/truth.txt"
MAPPED = pathlib.Path("/proc/self/maps").read_text().splitlines()
LIBRARY = ctypes.CDLL(next(line.split()[-1] for line in MAPPED if "/libhdf5-" in line))
LIBRARY.H5Tdecode1.restype = ctypes.c_int64
LIBRARY.H5Tconvert.argtypes = [ctypes.c_int64] * 2 + [ctypes.c_size_t] + [ctypes.c_void_p] * 2 + [ctypes.c_int64]
FLOATS = {2: "16,15,10,5,0,10,15", 4: "32,31,23,8,0,23,127", 8: "64,63,52,11,0,52,1023"}
ORDERS = {"<": 0, ">": 1, "v": 0x41}
NORMS = {"n": 0, "i": 2}


def full(name):
    """A NumPy name as a layout."""
    if "," in name:
        return name
    order, kind, size = (name if len(name) == 3 else "<" + name)
    if kind == "f":
        return f"f,{size},{order},0,{FLOATS[int(size)]},i"
    return f"{kind},{size},{order},0,{8 * int(size)},0,0"


def message(name):
    """The datatype message of `CLASS,size,order,offset,precision,low padding,high padding` (i, u, b), or of
    `f,size,order,offset,precision,sign,exponent,its size,mantissa,its size,bias,normalization[,low,high padding]`."""
    kind, size, order, *rest = full(name).split(",")
    if kind == "f":
        offset, precision, sign, *fields = map(int, rest[:8])
        low, high = map(int, rest[9:] or (0, 0))
        bits = ORDERS[order] | low << 1 | high << 2 | NORMS[rest[8]] << 4 | sign << 8
        return struct.pack("<IIHHBBBBI", (3 if order == "v" else 1) << 4 | 1 | bits << 8, int(size), offset, precision, *fields)
    offset, precision, low, high = map(int, rest)
    bits = ORDERS[order] | low << 1 | high << 2 | (kind == "i") << 3
    return struct.pack("<IIHH", 0x10 | 4 * (kind == "b") | bits << 8, int(size), offset, precision)


def size(name):
    return int(full(name).split(",")[1])


def convert(source, target, elements):
    """The elements one by one, for 1.14 takes some of what it learns of one to the next."""
    types = [LIBRARY.H5Tdecode1(b"\3\0" + message(name) + bytes(8)) for name in (source, target)]
    step, result = size(source), b""
    for at in range(0, len(elements), step):
        buffer = ctypes.create_string_buffer(elements[at : at + step], max(step, size(target)) + 1)
        assert LIBRARY.H5Tconvert(*types, 1, buffer, None, 0) >= 0, (source, target)
        result += buffer.raw[: size(target)]
    return result


def integer(rng, kind):
    width = rng.choice([1, 2, 3, 4, 6, 8])
    offset = rng.choice([0, 0, rng.randrange(4 * width)])
    precision = rng.choice([8 * width - offset, rng.randint(2, 8 * width - offset)])
    return f"{kind},{width},{rng.choice('<>')},{offset},{precision},{rng.randrange(2)},{rng.randrange(2)}"


def floating(rng):
    known = [">f2", ">f4", ">f8", "f,2,<,0,16,15,7,8,0,7,127,i", "f,4,v,0,32,31,23,8,0,23,129,i", "f,1,<,0,8,7,3,4,0,3,7,i"]
    if rng.random() < 0.5:
        return rng.choice(known)
    width, exponent = rng.choice([2, 3, 4, 8]), rng.randint(3, 11)
    offset = rng.choice([0, 0, rng.randrange(3)])
    exponent = min(exponent, 8 * width - offset - 3)
    mantissa = 8 * width - offset - 1 - exponent - rng.choice([0, 0, 1])
    places = [offset + mantissa + exponent, offset + mantissa, exponent, offset, mantissa]
    if rng.random() < 0.2:
        places = [offset, offset + 1 + mantissa, exponent, offset + 1, mantissa]
    tail = f"{(1 << exponent - 1) - 1},{rng.choice('iin')},{rng.randrange(2)},{rng.randrange(2)}"
    return f"f,{width},{rng.choice('<>')},{offset},{mantissa + exponent + 1},{','.join(map(str, places))},{tail}"


def element(rng, name, other):
    """An element that is likely near an edge of either type."""
    kind, width, order, offset, precision, *fields = full(name).split(",")
    near = full(other).split(",")
    if kind == "f":
        sign, place, bits, low, mantissa, bias = map(int, fields[:6])
        goal = int(near[10]) if near[0] == "f" else int(near[4])
        highest = (1 << bits) - 1
        power = rng.choice([0, highest, bias + rng.randint(-3, 3), bias + goal + rng.randint(-2, 2), bias - goal, rng.randrange(highest)])
        kept = max(0, mantissa - (int(near[9]) if near[0] == "f" else 3))
        odd = (rng.getrandbits(mantissa) >> kept << kept) + rng.choice([0, 1 << kept >> 1, (1 << kept >> 1) + 1])
        fraction = rng.choice([0, 1, (1 << mantissa) - 1, rng.getrandbits(mantissa), odd, odd]) & (1 << mantissa) - 1
        value = rng.getrandbits(1) << sign | min(max(power, 0), highest) << place | fraction << low
    else:
        precision = int(precision)
        edge = 1 << rng.choice([precision - 1, rng.randrange(precision), min(precision, int(near[4])) - 1])
        value = rng.choice([0, rng.getrandbits(precision), edge + rng.randint(-2, 2), -edge + rng.randint(-2, 2)])
        value = (value & (1 << precision) - 1) << int(offset)
    parts = value.to_bytes(int(width), "big" if order == ">" else "little")
    return parts[2:] + parts[:2] if order == "v" else parts


def random_rows(pairs, seed):
    rng = random.Random(seed)
    native = ["i1", "u1"] + [order + kind + width for order in "<<>" for kind in "iu" for width in "248"]
    floats = ["<f2", "<f4", "<f8"]
    for _ in range(pairs):
        source, target = rng.choice([
            lambda: (floating(rng), rng.choice(native + floats)),
            lambda: (floating(rng), rng.choice(floats)),
            lambda: (integer(rng, rng.choice("iu")), rng.choice(native + floats)),
            lambda: (rng.choice(native), floating(rng)),
            lambda: (rng.choice(floats), floating(rng)),
            lambda: (integer(rng, "b"), integer(rng, "b")),
        ])()
        # The buffer that the C library shifts in may be smaller than the integer's precision.
        precision = int(full(target).split(",")[4])
        if full(target).startswith("f,4,v") or (full(source)[0] == "f" and precision > 8 * size(source) >= precision // 8 * 8):
            continue
        yield source, target, b"".join(element(rng, source, target) for _ in range(10))


def main():
    rows = [row.split(" | ")[:3] for row in TARGET.read_text().splitlines()]
    rows = [(source, target, bytes.fromhex(elements)) for source, target, elements in rows]
    if len(sys.argv) > 1:
        rows += random_rows(int(sys.argv[1]), int(sys.argv[2]))
    lines = (f"{source} | {target} | {old.hex()} | {convert(source, target, old).hex()}\n" for source, target, old in rows)
    TARGET.write_text("".join(lines))


main()
