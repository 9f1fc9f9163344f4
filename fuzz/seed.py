#!/usr/bin/env python3
"""Fills fuzz/corpus from testdata: whole files for `walk` and `edit`, structures and chunks for the others."""

import pathlib
import re
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
FILES = sorted((HERE.parent / "testdata").glob("*/*.h5"))
ONION = sorted((HERE.parent / "testdata").glob("*/*.onion"))
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


def seed(name, choice, data):
    put("structure", f"{name}-s{choice}", bytes([choice, WIDTHS]) + data)


def driver_blocks(path, data):
    """A driver information block, and what the multi driver says in it."""
    for found in re.finditer(b"NCSAfami|NCSAmult", data):
        start, after = found.start() - 8, found.end()
        if start >= 0 and data[start] == 0:
            (size,) = struct.unpack_from("<I", data, start + 4)
            seed(path.stem, 36, data[start : after + size])
            if found.group() == b"NCSAmult":
                seed(path.stem, 78, b"\0" + data[after : after + size])


def continuations(path, data):
    """Continuations of object headers, by the messages that lead there."""
    for found in re.finditer(rb"\x10\0\x10\0.\0\0\0|\x10\x10\0.(?:..)?", data, re.DOTALL):
        at, length = struct.unpack("<QQ", data[found.end() : found.end() + 16].ljust(16, b"\0"))
        chunk = data[at : at + length]
        old = found.group()[1] == 0
        if 0 < length <= 2048 and at + length <= len(data) and old != chunk.startswith(b"OCHK"):
            numbers = [0] if old else [1, 2]  # without and with the order of creation
            for number in numbers:
                seed(f"{path.stem}-{at}-{number}", 75, bytes([number]) + chunk)


def cache_images(path, data):
    """The message that names an image of the metadata cache; and an image with its smallest entries."""
    start = data.find(b"MDCI")
    if start < 0:
        return
    (length,) = struct.unpack_from("<Q", data, start + 6)
    seed(path.stem, 34, struct.pack("<BQQ", 0, start, length))
    (count,) = struct.unpack_from("<I", data, start + 14)
    at, entries = start + 18, []
    for _ in range(count):
        (parents,) = struct.unpack_from("<H", data, at + 8)
        (size,) = struct.unpack_from("<Q", data, at + 22)
        end = at + 30 + 8 * parents + size
        entries.append(data[at:end])
        at = end
    entries.sort(key=len)
    for kept in 1, 2, 3:
        body = b"".join(entries[:kept])
        total = 18 + len(body) + 4
        if total < 256:
            head = b"MDCI\0\0" + struct.pack("<QI", total, kept)
            seed(f"{path.stem}-{kept}", 76, bytes([total]) + head + body + bytes(4))


def onion(path, data):
    history, record = data.find(b"OWHS"), data.find(b"ORRS")
    seed(path.stem, 37, data[:36])
    if history >= 0:
        seed(path.stem, 38, data[history : history + 16])
        seed(path.stem, 39, data[history + 16 : history + 36])
    if record >= 0:
        seed(path.stem, 40, data[record : record + 64])
        seed(path.stem, 41, data[record + 64 : record + 84])


def made():
    """What no file of testdata shows at a known place."""
    token = struct.pack("<BQ", 8, 0x320)
    points = struct.pack("<10I", 1, 1, 0, 0, 2, 2, 0, 1, 2, 3)
    region = struct.pack("<II", len(points), 2) + points
    seed("object", 35, b"\2\0" + token)
    seed("region", 35, b"\3\0" + token + region)
    seed("attribute", 35, b"\4\0" + token + struct.pack("<H", 4) + b"unit")
    seed("elsewhere", 35, b"\2\1" + token + struct.pack("<H", 4) + b"a.h5")
    seed("object", 77, b"\0\2\0" + token + bytes(7))
    seed("parted", 77, b"\0\3\0" + struct.pack("<IQI", len(region) + 9, 0x800, 1))
    seed("old", 77, b"\0" + struct.pack("<Q", 0x320) + points)
    anchor = struct.pack("<QII", 512, 8, 0) + bytes(8)
    record = b"\x89h5com\r\n" + struct.pack("<IIQQ", 1, 1, 32 + len(anchor) + 4, 4096) + anchor + bytes(4)
    seed("record", 42, record)


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
    driver_blocks(path, data)
    continuations(path, data)
    cache_images(path, data)
    if len(data) < 3000:
        messages(path, data)
for path in ONION:
    onion(path, path.read_bytes())
made()
chunks()
print(*(f"{folder.name}: {len(list(folder.iterdir()))}" for folder in sorted((HERE / "corpus").iterdir())), sep=", ")
