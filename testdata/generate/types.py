"""Datatypes: every class, both byte orders, in datasets and (through `truth`) in attributes."""

import ctypes

import h5py
import numpy as np
from h5py import h5t

from .base import attribute, c, dataset, dataset_plist, group, ramp, written

BOTH = ("earliest", "v110")
EDGES = {"i": lambda n: [0, 1, -1, 2 ** (8 * n - 1) - 1, -(2 ** (8 * n - 1))], "u": lambda n: [0, 1, 2 ** (8 * n) - 1, 42, 200]}
TEXT = ["", "a", "grüße €", "a longer text " * 10, "end"]


@written("types-integers", "integers of 1 to 8 bytes in both orders, at their limits", *BOTH)
def integers(file):
    for size in (1, 2, 4, 8):
        for sign in "iu":
            for order in "<>":
                tid = f"{order}{sign}{size}"
                data = np.array(EDGES[sign](size), tid)
                file_type = getattr(h5t, f"STD_{sign.upper()}{8 * size}{'LE' if order == '<' else 'BE'}")
                made = dataset(file, f"{sign}{8 * size} {'LE' if order == '<' else 'BE'}", file_type, (5,), data)
                attribute(made, "attribute", file_type, (5,), data.tobytes())


@written("types-integers-odd", "integers of 3 to 16 bytes, of low precision, with bit offsets and padding", "earliest", "v110")
def integers_odd(file):
    for base, order in ((h5t.STD_I32LE, "LE"), (h5t.STD_I32BE, "BE"), (h5t.STD_U32LE, "LE u"), (h5t.STD_U16BE, "BE u16")):
        for precision, offset in ((12, 0), (12, 3), (1, 0), (9, 7)):
            tid = base.copy()
            tid.set_precision(precision)
            tid.set_offset(offset)
            low = 0 if "u" in order else -(2 ** (precision - 1))
            high = low + 2**precision - 1
            data = np.array([0, low, high, max(low, high // 2)], "<i8")
            dataset(file, f"{order} precision {precision} offset {offset}", tid, (4,), data)
    padded = h5t.STD_U32LE.copy()
    padded.set_precision(16)
    padded.set_offset(8)
    padded.set_pad(h5t.PAD_ONE, h5t.PAD_ONE)
    dataset(file, "padded with ones", padded, (4,), np.array([0, 1, 500, 65535], "<u4"))
    for size in (3, 5, 6, 7):
        for base, order in ((h5t.STD_I64LE, "LE"), (h5t.STD_I64BE, "BE"), (h5t.STD_U64LE, "LE u")):
            tid = base.copy()
            tid.set_precision(8 * size)
            tid.set_size(size)
            top = 2 ** (8 * size - 1)
            data = [0, 1, top - 1, 2 * top - 1] if "u" in order else [0, -1, top - 1, -top]
            dataset(file, f"{size} bytes {order}", tid, (4,), np.array(data, "<u8" if "u" in order else "<i8"))
    for base, order in ((h5t.STD_I64LE, "little"), (h5t.STD_I64BE, "big")):
        tid = base.copy()
        tid.set_size(16)
        tid.set_precision(128)
        values = [0, 1, -1, 2**100 + 7, -(2**127)]
        raw = b"".join(v.to_bytes(16, order, signed=True) for v in values)
        dataset(file, f"128 bits {order}", tid, (5,), raw)



FLOATS = [0.0, -0.0, 1.0, -1.5, 1 / 3, 65504.0, np.inf, -np.inf, np.nan, 5.9604645e-8]


def custom(size, sign, exponent, mantissa, bias, base=h5t.IEEE_F32LE, norm=None):
    tid = base.copy()
    if size > base.get_size():
        tid.set_size(size)
    tid.set_fields(sign, *exponent, *mantissa)
    tid.set_precision(sign + 1)
    tid.set_size(size)
    tid.set_ebias(bias)
    if norm is not None:
        tid.set_norm(norm)
    return tid


@written("types-floats", "float16, 32, 64 in both orders with special values; bfloat16, float8, other custom floats", *BOTH)
def floats(file):
    for bits in (16, 32, 64):
        for order in ("LE", "BE"):
            dataset(file, f"f{bits} {order}", getattr(h5t, f"IEEE_F{bits}{order}"), (10,), np.array(FLOATS))
    brain = custom(2, 15, (7, 8), (0, 7), 127)
    patterns = np.array([0, 0x8000, 0x3F80, 0xBFC0, 0x3EAB, 0x7F7F, 0x7F80, 0xFF80, 1, 0x4049], "<u2")
    dataset(file, "bfloat16", brain, (10,), patterns.tobytes())
    brain_be = brain.copy()
    brain_be.set_order(h5t.ORDER_BE)
    dataset(file, "bfloat16 BE", brain_be, (10,), patterns.astype(">u2").tobytes())
    dataset(file, "float8 e4m3", custom(1, 7, (3, 4), (0, 3), 7), (8,), bytes([0, 0x80, 0x38, 0xB8, 1, 0x77, 0x40, 0x08]))
    dataset(file, "float8 e5m2", custom(1, 7, (2, 5), (0, 2), 15), (8,), bytes([0, 0x80, 0x3C, 0xBC, 1, 0x7B, 0x7C, 0xFC]))
    dataset(file, "24 bits", custom(3, 23, (16, 7), (0, 16), 63), (3,), bytes([0, 0, 0x3F, 0, 0x80, 0xBF, 0, 0, 0]))
    dataset(file, "20 bits in 4 bytes", custom(4, 19, (12, 7), (0, 12), 63), (2,), np.array([0x3F000, 0xBF800], "<u4").tobytes())


@written("types-long-double", "x87 80-bit and IEEE 128-bit floats", *BOTH)
def long_double(file):
    values = np.array([0, 1, -1.5, 1 / 3, 1e300], np.longdouble)
    raw = values.view("u1").reshape(5, 16).copy()
    raw[:, 10:] = 0
    dataset(file, "x87", h5t.NATIVE_LDOUBLE, (5,), raw.tobytes())
    for tid, name in ((h5t.IEEE_F128LE, "binary128 LE"), (h5t.IEEE_F128BE, "binary128 BE")):
        dataset(file, name, tid, (5,), np.array(values, "<f8"))


@written("types-bool-complex", "bool (h5py's enum), complex (h5py's compound r, i), with BE parts", *BOTH)
def bool_complex(file):
    dataset(file, "bool", "?", (4,), np.array([True, False, True, True]))
    file.attrs["flag"] = np.bool_(True)
    for code in ("<c8", "<c16", ">c16"):
        data = np.array([0, 1 + 2j, -1.5 - 0.25j, complex(np.inf, np.nan)], code)
        dataset(file, f"complex {code[1:]} {'LE' if code[0] == '<' else 'BE'}", code, (4,), data)
    file.attrs["complex"] = 1 + 2j


@written("types-complex-class", "the complex class of HDF5 2.0 (datatype version 5)", "latest")
def complex_class(file):
    data = np.array([0, 1 + 2j, -1.5 - 0.25j], "<c16")
    for bits in (16, 32, 64):
        for order, sign in (("LE", "<"), ("BE", ">")):
            tid = getattr(h5t, f"COMPLEX_IEEE_F{bits}{order}")
            parts = np.stack([data.real, data.imag], 1).astype(f"{sign}f{bits // 8}")
            made = dataset(file, f"c{2 * bits} {order}", tid, (3,), parts.tobytes())
            attribute(made, "one", tid, (), parts[1].tobytes())


@written("types-strings", "fixed and variable strings: three paddings, ASCII and UTF-8, null, empty, chunked", *BOTH)
def strings(file):
    fixed = {h5t.STR_NULLTERM: b"abc\0xyzdefgh\0\0\0\0\0\0\0\0\0\0\0", h5t.STR_NULLPAD: b"abc\0\0\0\0\0abcdefghab\0cd\0\0\0",
             h5t.STR_SPACEPAD: b"abc     abcdefgh        "}  # fmt: skip
    for pad, raw in fixed.items():
        for cset in (h5t.CSET_ASCII, h5t.CSET_UTF8):
            tid = h5t.C_S1.copy()
            tid.set_size(8)
            tid.set_strpad(pad)
            tid.set_cset(cset)
            name = f"fixed {('nullterm', 'nullpad', 'spacepad')[pad]} {'utf8' if cset else 'ascii'}"
            attribute(dataset(file, name, tid, (3,), raw), "attribute", tid, (), raw[8:16])
            tid = h5t.C_S1.copy()
            tid.set_size(h5t.VARIABLE)
            tid.set_strpad(pad)
            tid.set_cset(cset)
            texts = TEXT if cset else ["", "a", "ASCII", "x" * 300, "end"]
            dataset(file, name.replace("fixed", "vlen"), tid, (5,), texts)
    utf8 = h5py.string_dtype("utf-8", 12)
    file.create_dataset("fixed UTF-8", data=np.array(["grüße €".encode(), b"", b"abc"], utf8), dtype=utf8)
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    dataset(file, "scalar", text, (), "scalar text")
    dataset(file, "null", text, (3,))
    dataset(file, "partly written", text, (4,))[2] = "here"
    many = [f"string {i}" * (i % 9) for i in range(500)]
    dataset(file, "chunked", text, (500,), many, (None,), dataset_plist(set_chunk=((64,),), set_shuffle=(), set_deflate=(6,)))
    dataset(file, "large", text, (2,), ["z" * 9000, "small"])


class Sequences:
    """Memory of hvl_t elements that lives as long as this object."""

    def __init__(self):
        self.keep = []

    def vlen(self, raw, count):
        buffer = ctypes.create_string_buffer(raw, max(1, len(raw)))
        self.keep.append(buffer)
        return count.to_bytes(8, "little") + ctypes.addressof(buffer).to_bytes(8, "little")

    def text(self, value):
        self.keep.append(ctypes.create_string_buffer(value.encode()))
        return ctypes.addressof(self.keep[-1]).to_bytes(8, "little")


@written("types-vlen", "variable-length sequences: of numbers, of sequences, of strings, of compounds; inside compounds", *BOTH)
def vlen(file):
    s = Sequences()
    numbers = [s.vlen(np.arange(n, dtype="<i4").tobytes(), n) for n in (0, 1, 5, 100)]
    ints = h5t.vlen_create(h5t.STD_I32LE)
    dataset(file, "of i4", ints, (4,), b"".join(numbers))
    dataset(file, "unwritten", ints, (4,))
    doubles = [s.vlen(np.arange(n, dtype=">f8").tobytes(), n) for n in (2, 3)]
    dataset(file, "of f8 BE", h5t.vlen_create(h5t.IEEE_F64BE), (2,), b"".join(doubles))
    nested = [s.vlen(numbers[1] + numbers[2], 2), s.vlen(b"", 0), s.vlen(numbers[3], 1)]
    dataset(file, "of vlen of i4", h5t.vlen_create(ints), (3,), b"".join(nested))
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    words = [s.vlen(s.text("one") + s.text("") + s.text("drei €"), 3), s.vlen(b"", 0)]
    dataset(file, "of strings", h5t.vlen_create(text), (2,), b"".join(words))
    attribute(file["/"], "strings", h5t.vlen_create(text), (2,), b"".join(words))
    record = h5t.create(h5t.COMPOUND, 32)
    record.insert(b"id", 0, h5t.STD_I32LE)
    record.insert(b"name", 8, text)
    record.insert(b"values", 16, ints)
    rows = [(7).to_bytes(8, "little") + s.text("seven") + numbers[2], (8).to_bytes(8, "little") + s.text("") + numbers[0]]
    dataset(file, "in compound", record, (2,), b"".join(rows))
    dataset(file, "of compound", h5t.vlen_create(record), (1,), s.vlen(b"".join(rows), 2))
    dataset(file, "array of strings", h5t.array_create(text, (2,)), (1,), s.text("a") + s.text("bb"))
    dataset(file, "chunked", ints, (4,), b"".join(numbers), (None,), dataset_plist(set_chunk=((3,),), set_deflate=(6,)))


@written("types-compound", "compounds: plain, padded, nested, with arrays, BE, of 300 bytes; names of many lengths", *BOTH)
def compound(file):
    plain = np.dtype([("a", "<i4"), ("b", "<f8"), ("c", "S5"), ("ü", ">u2")])
    rows = np.array([(1, 2.5, b"abc", 3), (-1, np.nan, b"", 65535)], plain)
    dataset(file, "plain", plain, (2,), rows)
    padded = np.dtype({"names": ["x", "y"], "formats": ["u1", "<f8"], "offsets": [3, 16], "itemsize": 40})
    dataset(file, "padded", padded, (2,), np.array([(1, 0.5), (255, -2)], padded))
    aligned = np.dtype([("flag", "?"), ("value", "<f8"), ("small", "i1")], align=True)
    dataset(file, "aligned", aligned, (2,), np.array([(True, 0.5, -1), (False, -2, 7)], aligned))
    nested = np.dtype([("id", "<u4"), ("inner", plain), ("grid", "<i2", (2, 3)), ("points", np.dtype([("x", "<f4")]), (2,))])
    data = np.zeros(3, nested)
    data["id"], data["grid"][:, 1, 2], data["inner"]["a"], data["points"]["x"][:, 1] = [1, 2, 3], -4, 5, 0.25
    dataset(file, "nested", nested, (3,), data)
    wide = np.dtype([(f"field {'x' * (i % 9)}{i}", "<u4") for i in range(75)])
    dataset(file, "wide", wide, (10,), np.arange(750, dtype="<u4").view(wide))
    attribute(file["plain"], "attribute", h5t.py_create(plain), (2,), rows.tobytes())
    single = h5t.create(h5t.COMPOUND, 8)
    single.insert(b"reversed second", 4, h5t.STD_I32BE)
    single.insert(b"reversed first", 0, h5t.STD_I32LE)
    dataset(file, "members out of order", single, (1,), (1).to_bytes(4, "little") + (2).to_bytes(4, "big"))


@written("types-enum-array", "enums of several widths and orders; arrays of 1 to 4 dimensions, nested, of enums, of compounds", *BOTH)
def enum_array(file):
    for code, members in {"i1": {"RED": 0, "GREEN": 1, "BLUE": -1}, "<u2": {"A": 1, "B": 65535}, ">i4": {"X": -5, "Y": 2**30, "Z": 0},
                          "<i8": {"BIG": 2**40}}.items():  # fmt: skip
        tid = h5t.py_create(h5py.enum_dtype(members, code), logical=True)
        data = np.array([*members.values(), *members.values()], code)
        dataset(file, f"enum {code.strip('<>')}", tid, (len(data),), data.tobytes())
    tid = h5t.py_create(h5py.enum_dtype({"ON": 1, "OFF": 0}, "u1"), logical=True)
    dataset(file, "enum not a member", tid, (3,), bytes([0, 1, 9]))
    for shape in ((3,), (2, 3), (2, 1, 3, 2)):
        tid = h5t.array_create(h5t.STD_I16LE, shape)
        dataset(file, f"array rank {len(shape)}", tid, (2,), ramp(2, *shape, dtype="<i2").tobytes())
    inner = h5t.array_create(h5t.IEEE_F32BE, (3,))
    dataset(file, "array of array", h5t.array_create(inner, (2,)), (2,), ramp(12, dtype=">f4").tobytes())
    dataset(file, "array of enum", h5t.array_create(h5t.py_create(h5py.enum_dtype({"ON": 1, "OFF": 0}, "u1"), logical=True), (2,)), (2,), bytes([0, 1, 1, 0]))
    record = np.dtype([("a", "<i4"), ("b", "<f4")])
    dataset(file, "array of compound", h5t.array_create(h5t.py_create(record), (2,)), (2,), np.array([(i, i / 2) for i in range(4)], record).tobytes())
    attribute(file["/"], "array", h5t.array_create(h5t.STD_I16LE, (3,)), (), ramp(3, dtype="<i2").tobytes())


@written("types-opaque-bits-time", "opaque with tags, bit fields in both orders, times", *BOTH)
def others(file):
    for size, tag in ((1, b""), (7, b"a tag"), (16, b"a tag of some length, not a multiple of 8")):
        tid = h5t.create(h5t.OPAQUE, size)
        tid.set_tag(tag)
        dataset(file, f"opaque {size}", tid, (3,), bytes(range(3 * size)))
    for bits in (8, 16, 32, 64):
        for order in ("LE", "BE"):
            dataset(file, f"bits {bits} {order}", getattr(h5t, f"STD_B{bits}{order}"), (3,), bytes(range(1, 3 * bits // 8 + 1)))
    some = h5t.STD_B16LE.copy()
    c("H5Tset_precision", some, 5)
    c("H5Tset_offset", some, 4)
    dataset(file, "bits 5 at 4", some, (2,), bytes([0xF0, 1, 0x50, 0]))
    for bits in (32, 64):
        for order, name in (("LE", "little"), ("BE", "big")):
            tid = getattr(h5t, f"UNIX_D{bits}{order}")
            dataset(file, f"time {bits} {order}", tid, (2,), b"".join(v.to_bytes(bits // 8, name) for v in (0, 1700000000)))


@written("types-references", "object and region references (all, none, hyperslab, points), null, in compound and vlen", "earliest", "v110")
def references(file):
    data = dataset(file, "data", "<i4", (6, 8), ramp(6, 8))
    inner = group(file, "group")
    objects = dataset(file, "objects", h5t.STD_REF_OBJ, (4,))
    objects[0], objects[1], objects[2] = data.ref, inner.ref, file["/"].ref
    regions = dataset(file, "regions", h5t.STD_REF_DSETREG, (5,))
    regions[0] = data.regionref[1:3, 2:5]
    regions[1] = data.regionref[::2, 1:8:3]
    regions[2] = data.regionref[:]
    points = data.id.get_space()
    points.select_elements([(0, 0), (5, 7), (2, 3)])
    regions[3] = h5py.h5r.create(data.id, b".", h5py.h5r.DATASET_REGION, points)
    file.attrs["data"] = data.ref
    file.attrs.create("region", data.regionref[2:4, 2:4], dtype=h5py.regionref_dtype)
    record = np.dtype([("id", "<i4"), ("ref", h5py.ref_dtype)])
    rows = np.empty(2, record)
    rows["id"], rows["ref"] = [1, 2], [data.ref, inner.ref]
    file.create_dataset("compound", data=rows)
    file.create_dataset("vlen", (1,), h5py.vlen_dtype(h5py.ref_dtype))[0] = np.array([data.ref, inner.ref], h5py.ref_dtype)


@written("types-references-new", "the reference type of HDF5 1.12: to objects, regions, attributes", "v114", "latest")
def references_new(file):
    data = dataset(file, "data", "<i4", (6, 8), ramp(6, 8))
    attribute(data, "unit", h5t.STD_I32LE, (), (5).to_bytes(4, "little"))
    tid = c.constant("H5T_STD_REF_g")
    buffers = [ctypes.create_string_buffer(64) for _ in range(4)]
    c("H5Rcreate_object", file.id, b"/data", 0, buffers[0])
    part = data.id.get_space()
    part.select_hyperslab((1, 2), (2, 3))
    c("H5Rcreate_region", file.id, b"/data", part, 0, buffers[1])
    c("H5Rcreate_attr", file.id, b"/data", b"unit", 0, buffers[2])
    space = h5py.h5s.create_simple((4,))
    made = c.hid("H5Dcreate2", file.id, b"references", tid, space, 0, dataset_plist(), 0)
    c("H5Dwrite", made, tid, 0, 0, 0, b"".join(b.raw for b in buffers))
    c("H5Dclose", made)
    for buffer in buffers[:3]:
        c("H5Rdestroy", buffer)
