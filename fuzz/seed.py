#!/usr/bin/env python3
"""Fills fuzz/corpus from testdata: whole files for `walk` and `edit`, structures and chunks for the others."""

import pathlib
import re
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
FILES = sorted((HERE.parent / "testdata").glob("*/*.h5"))
LARGEST = 32 << 10
# The numbers of src/fuzzing.rs.
SIGNATURES = {
    b"\x89HDF": 0, b"OHDR": 1, b"BTHD": 2, b"FAHD": 3, b"EAHD": 4, b"FRHP": 5, b"FSHD": 6, b"GCOL": 7, b"HEAP": 8,
}  # fmt: skip
# Those that need a number before them, by what it is here.
DEPENDENT = {b"SNOD": (64, 8), b"SMTB": (65, 2), b"SMLI": (66, 4), b"TREE": (68, 32), b"FSSE": (73, 8)}
# A header, up to this length, and the structure that it describes.
PAIRS = {(b"FAHD", b"FADB"): (70, 64), (b"EAHD", b"EAIB"): (71, 100), (b"FRHP", b"FHDB"): (72, 160)}
WIDTHS = 0x22  # 8 and 8
MODULUS = re.compile(b"|".join(map(re.escape, [*SIGNATURES, *DEPENDENT])))


def put(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def structures(path, data):
    for found in MODULUS.finditer(data):
        start, signature = found.start(), found.group()
        body = data[start : start + 512]
        if signature in SIGNATURES:
            seed = bytes([SIGNATURES[signature], WIDTHS]) + body
        else:
            seed = bytes([DEPENDENT[signature][0], WIDTHS, DEPENDENT[signature][1]]) + body
        put("structure", f"{path.stem}-{start}", seed)
    for (header, block), (choice, length) in PAIRS.items():
        first, second = data.find(header), data.find(block)
        if first >= 0 and second >= 0:
            head = data[first : first + length].ljust(length, b"\0")
            put("structure", f"{path.stem}-{choice}", bytes([choice, WIDTHS]) + head + data[second : second + 2048])


def messages(path, data):
    """Any place may be a message: each eighth of a small file, as each kind."""
    for choice in range(9, 34):
        for start in range(0, len(data), len(data) // 8 + 1):
            put("structure", f"{path.stem}-m{choice}-{start}", bytes([choice, WIDTHS]) + data[start : start + 200])


def chunks():
    parameters = {0: (6,), 1: (4,), 2: (), 3: (141, 8, 8, 32), 6: ()}
    raw = bytes(range(64)) * 4
    for choice, values in parameters.items():
        words = struct.pack(f"<{len(values)}I", *values)
        stored = zlib.compress(raw) if choice == 0 else raw
        put("filter", str(choice), bytes([choice, len(values)]) + words + struct.pack("<H", len(raw)) + stored)
    zfp = struct.pack("<4I", 0x10105111, 0x0570667A, 0x00000FF3, 0x02F00000)
    put("filter", "zfp", bytes([7, 4]) + zfp + struct.pack("<H", 2048) + raw)
    choices = {"32018": 14, "32028": 15}
    for line in (HERE.parent / "testdata/read-only-chunks.txt").read_text().splitlines():
        name, number, values, plain, stored = line.split()
        words = b"".join(struct.pack("<I", int(value)) for value in values.split(","))
        head = bytes([choices[number], len(words) // 4]) + words + struct.pack("<H", len(plain) // 2)
        put("filter", name, head + bytes.fromhex(stored))


for path in FILES:
    data = path.read_bytes()
    if len(data) <= LARGEST:
        put("walk", path.name, data)
        put("edit", path.name, data)
    structures(path, data)
    if len(data) < 3000:
        messages(path, data)
chunks()
print(*(f"{folder.name}: {len(list(folder.iterdir()))}" for folder in sorted((HERE / "corpus").iterdir())), sep=", ")
