"""The .json next to each fixture: what libhdf5 (through h5py) reads in it.

    {"file": NAME, "libver": "v110" or null, "superblock": 0-3, "sizes": [offsets, lengths], "userblock": n,
     for a file of another driver "driver": family, split, multi or onion, and of the latter "revision": n, from 0;
     "objects": {PATH: OBJECT, ...}}

PATH is the first path on which a breadth-first walk in name order meets the object. OBJECT:

    "kind": "group":    "links": {NAME: LINK}, "creation_order": [names] when the group tracks it
    "kind": "datatype": "type": TYPE
    "kind": "dataset":  VALUES and "layout" (compact, contiguous, chunked, virtual), "chunks", "n_chunks",
                        "filters": [[id, flags, [client data]]], "external": [[file, offset, size]], "fill_value"; and
                        what is not the usual: "maxshape" (null: unlimited) when not the shape, "alloc_time" when not
                        the layout's, "fill_time" when not "ifset", "fill" (0 undefined, 2 user) when not the default
    all kinds:          "attrs": {NAME: VALUES}, "attr_order" (when tracked), "comment" (when there is one)
    LINK: {"hard": PATH} | {"soft": TARGET} | {"external": [FILE, TARGET]}

VALUES:
    "type":  TYPE, a string:
             <i4 >u2 <f8 <b1 (bit field), with what differs from the plain type: <i4(precision=12,offset=3),
             <f2(sign=15,exponent=7:8,mantissa=0:7,bias=127,norm=implied); complex(T); time(<4); opaque(N,"tag");
             string(N|vlen,nullterm|nullpad|spacepad,ascii|utf8); enum(T,{NAME=1,...}); array([2,3],T); vlen(T);
             compound(SIZE,{NAME@OFFSET:T,...}); ref(object), ref(region), ref(any)
    "unreadable": true where libhdf5 refuses to read the values
    "shape": [..]; [] for a scalar; null for a null dataspace
    "values": the elements in C order, flat, when they are fewer than 64. Numbers ("nan", "inf", "-inf" as strings),
             complex [re, im], text (null for a null vlen string, {"hex": ..} when it is not UTF-8), opaque as hex,
             enum as number, array and vlen as lists, compound as an object, object reference as path or null,
             region as {"object": PATH, "blocks": [[start, end]]} or {"points": [..]}
    "data_sha256": SHA-256 over all elements in C order, packed and little-endian, each in the memory type: integers and
             bit fields in 1, 2, 4 or 8 bytes (the smallest that holds the stored size; 8 for integers
             whose precision is less than their size), floats as f2, f4 or f8 (the
             smallest that holds the exponent and the mantissa), enums as their integer, strings of fixed length and
             opaque as stored, compounds without padding. Not given where an element has a pointer or a reference, nor for an
             attribute with "values".
    "text_sha256": for vlen strings: SHA-256 over the UTF-8 of each, with "\\n" after each (a null string as empty)
"""

import ctypes
import hashlib
import json
import math
import os
import struct

import h5py
from h5py import h5a, h5d, h5f, h5o, h5s, h5t

from .base import access, c

FEW = 64
ORDER = {h5t.ORDER_LE: "<", h5t.ORDER_BE: ">", h5t.ORDER_NONE: "<"}
PAD = {h5t.STR_NULLTERM: "nullterm", h5t.STR_NULLPAD: "nullpad", h5t.STR_SPACEPAD: "spacepad"}
NORM = {h5t.NORM_IMPLIED: "implied", h5t.NORM_MSBSET: "msbset", h5t.NORM_NONE: "none"}
IEEE = {2: (10, 5), 4: (23, 8), 8: (52, 11), 16: (112, 15)}
COMPLEX = getattr(h5t, "COMPLEX", -99)
FILLED = [("none", "early", "late", "incremental"), ("alloc", "never", "ifset")]


class Mem:
    """A stored type as seen in memory: its description, a packed memory type, and how to read an element."""

    def __init__(self, tid, description, size, value, plain=True, text=False):
        self.tid, self.description, self.size, self.value, self.plain, self.text = (
            tid, description, size, value, plain, text)  # fmt: skip


def integer(tid, size, sign):
    if size > 8:  # 128-bit: no native type, so as stored
        order = "big" if tid.get_order() == h5t.ORDER_BE else "little"
        return tid, size, lambda b: int.from_bytes(b, order, signed=sign)
    n = next(n for n in (1, 2, 4, 8) if n >= size)
    return (getattr(h5t, f"STD_{'I' if sign else 'U'}{n * 8}LE"), n,
            lambda b: int.from_bytes(b, "little", signed=sign))  # fmt: skip


def number(x):
    return x if math.isfinite(x) else str(x)


def precise(tid):
    precision, offset = c.hid("H5Tget_precision", tid), c("H5Tget_offset", tid)
    return "" if precision == tid.get_size() * 8 else f"(precision={precision},offset={offset})"


def floating(tid):
    sign, epos, esize, mpos, msize = tid.get_fields()
    bias, size = tid.get_ebias(), tid.get_size()
    text = f"{ORDER.get(tid.get_order(), '?')}f{size}"
    usual = IEEE.get(size) == (msize, esize) and (sign, epos, mpos) == (size * 8 - 1, msize, 0)
    if not (usual and bias == 2 ** (esize - 1) - 1 and tid.get_norm() == h5t.NORM_IMPLIED):
        fields = f"sign={sign},exponent={epos}:{esize},mantissa={mpos}:{msize},bias={bias},norm={NORM[tid.get_norm()]}"
        text += f"({fields},precision={tid.get_precision()},offset={tid.get_offset()})"
    n = 2 if esize <= 5 and msize <= 10 else 4 if esize <= 8 and msize <= 23 else 8
    mem = {2: h5t.IEEE_F16LE, 4: h5t.IEEE_F32LE, 8: h5t.IEEE_F64LE}[n]
    code = {2: "<e", 4: "<f", 8: "<d"}[n]
    return Mem(mem, text, n, lambda b: number(struct.unpack(code, b)[0]))


def string(tid):
    utf8 = "utf8" if tid.get_cset() == h5t.CSET_UTF8 else "ascii"
    pad = tid.get_strpad()

    def text(raw):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return {"hex": raw.hex()}

    if tid.is_variable_str():
        def value(b):
            address = int.from_bytes(b, "little")
            return text(ctypes.string_at(address)) if address else None
        return Mem(tid, f"string(vlen,{PAD[pad]},{utf8})", 8, value, plain=False, text=True)

    def value(b):
        ends = {h5t.STR_NULLTERM: b.split(b"\0")[0], h5t.STR_NULLPAD: b.rstrip(b"\0"), h5t.STR_SPACEPAD: b.rstrip(b" ")}
        return text(ends[pad])
    return Mem(tid, f"string({tid.get_size()},{PAD[pad]},{utf8})", tid.get_size(), value)


def region(space_id):
    space = h5s.SpaceID(space_id)
    kind = space.get_select_type()
    if kind == h5s.SEL_POINTS:
        return {"points": space.get_select_elem_pointlist().tolist()}
    if kind == h5s.SEL_HYPERSLABS:
        return {"blocks": space.get_select_hyper_blocklist().tolist()}
    return {"all": kind == h5s.SEL_ALL}


def reference(tid, file_id):
    name = ctypes.create_string_buffer(1024)

    def path(call, *args):
        length = c.hid(call, *args, name, 1024)
        return name.raw[:length].decode()

    if tid.equal(h5t.STD_REF_OBJ) or tid.equal(h5t.STD_REF_DSETREG):
        kind = 0 if tid.equal(h5t.STD_REF_OBJ) else 1

        def value(b):
            if not any(b):
                return None
            target = path("H5Rget_name", file_id, kind, b)
            return target if kind == 0 else {"object": target, **region(c.hid("H5Rget_region", file_id, 1, b))}
        return Mem(tid, f"ref({('object', 'region')[kind]})", tid.get_size(), value, plain=False)

    def value(b):
        if not any(b):
            return None
        kind = c("H5Rget_type", b)
        result = {"object": path("H5Rget_obj_name", b, 0)}
        if kind == 3:
            result.update(region(c.hid("H5Ropen_region", b, 0, 0)))
        if kind == 4:
            result["attribute"] = path("H5Rget_attr_name", b)
        return result
    return Mem(tid, "ref(any)", tid.get_size(), value, plain=False)


def compound(tid, file_id):
    fields, offset = [], 0
    for i in range(tid.get_nmembers()):
        member = memory(tid.get_member_type(i), file_id)
        fields.append((tid.get_member_name(i), member, offset, tid.get_member_offset(i)))
        offset += member.size
    mem = h5t.create(h5t.COMPOUND, offset)
    for name, member, at, _ in fields:
        mem.insert(name, at, member.tid)
    inner = ",".join(f"{name.decode()}@{stored}:{member.description}" for name, member, _, stored in fields)
    return Mem(mem, f"compound({tid.get_size()},{{{inner}}})", offset,
               lambda b: {name.decode(): m.value(b[at : at + m.size]) for name, m, at, _ in fields},
               plain=all(m.plain for _, m, _, _ in fields))  # fmt: skip


def memory(tid, file_id):
    """The `Mem` of a stored type."""
    kind, size = tid.get_class(), tid.get_size()
    order = ORDER.get(c("H5Tget_order", tid), "<") if kind in (h5t.INTEGER, h5t.BITFIELD, h5t.TIME) else ""
    if kind == h5t.INTEGER:
        sign = tid.get_sign() == h5t.SGN_2
        # Wider for low precision: libhdf5 2.0 swaps a big-endian integer of the same size without extending its sign.
        mem, n, value = integer(tid, 8 if precise(tid) and size < 8 else size, sign)
        return Mem(mem, f"{order}{'i' if sign else 'u'}{size}{precise(tid)}", n, value)
    if kind == h5t.FLOAT:
        return floating(tid)
    if kind == h5t.BITFIELD:
        n = next(n for n in (1, 2, 4, 8) if n >= size)
        return Mem(getattr(h5t, f"STD_B{n * 8}LE"), f"{order}b{size}{precise(tid)}", n,
                   lambda b: int.from_bytes(b, "little"))  # fmt: skip
    if kind == h5t.TIME:  # the library converts no times
        name = "big" if order == ">" else "little"
        return Mem(tid, f"time({order}{size})", size, lambda b: int.from_bytes(b, name, signed=True), plain=False)
    if kind == h5t.STRING:
        return string(tid)
    if kind == h5t.OPAQUE:
        return Mem(tid, f"opaque({size},{json.dumps(tid.get_tag().decode())})", size, lambda b: b.hex())
    if kind == h5t.REFERENCE:
        return reference(tid, file_id)
    if kind == h5t.COMPOUND:
        return compound(tid, file_id)
    base = memory(tid.get_super(), file_id)
    if kind == h5t.ENUM:
        mem = h5t.enum_create(base.tid)
        members = [(tid.get_member_name(i), tid.get_member_value(i)) for i in range(tid.get_nmembers())]
        for name, value in members:
            mem.enum_insert(name, value)
        inner = ",".join(f"{name.decode()}={value}" for name, value in members)
        return Mem(mem, f"enum({base.description},{{{inner}}})", base.size, base.value)
    if kind == COMPLEX:
        mem = {2: h5t.COMPLEX_IEEE_F16LE, 4: h5t.COMPLEX_IEEE_F32LE, 8: h5t.COMPLEX_IEEE_F64LE}[base.size]
        return Mem(mem, f"complex({base.description})", 2 * base.size,
                   lambda b: [base.value(b[: base.size]), base.value(b[base.size :])])  # fmt: skip
    if kind == h5t.ARRAY:
        shape = tid.get_array_dims()
        count = math.prod(shape)
        return Mem(h5t.array_create(base.tid, shape), f"array({list(shape)},{base.description})", count * base.size,
                   lambda b: [base.value(b[i * base.size : (i + 1) * base.size]) for i in range(count)],
                   plain=base.plain)  # fmt: skip
    assert kind == h5t.VLEN, kind

    def sequence(b):
        count, address = struct.unpack("<QQ", b)
        raw = ctypes.string_at(address, count * base.size) if count else b""
        return [base.value(raw[i * base.size : (i + 1) * base.size]) for i in range(count)]
    return Mem(h5t.vlen_create(base.tid), f"vlen({base.description})", 16, sequence, plain=False)


def values(oid, file_id):
    """VALUES of a dataset or an attribute."""
    mem, space = memory(oid.get_type(), file_id), oid.get_space()
    null = space.get_simple_extent_type() == h5s.NULL
    result = {"type": mem.description, "shape": None if null else list(space.shape)}
    count = 0 if null else space.get_simple_extent_npoints()
    if null:
        return result
    buffer = ctypes.create_string_buffer(max(1, count * mem.size))
    if count and isinstance(oid, h5a.AttrID):
        c("H5Aread", oid, mem.tid, buffer)
    elif count:
        try:
            c("H5Dread", oid, mem.tid, 0, 0, 0, buffer)
        except RuntimeError:
            return {**result, "unreadable": True}
    raw = buffer.raw[: count * mem.size]
    if mem.plain and (count >= FEW or not isinstance(oid, h5a.AttrID)):
        result["data_sha256"] = hashlib.sha256(raw).hexdigest()
    if count < FEW or mem.text:
        each = [mem.value(raw[i * mem.size : (i + 1) * mem.size]) for i in range(count)]
        if count < FEW:
            result["values"] = each
        if mem.text:
            result["text_sha256"] = hashlib.sha256("".join(f"{t or ''}\n" for t in each).encode()).hexdigest()
    return result


def storage(did, file_id):
    """What a dataset's creation list and chunk index say."""
    dcpl, space = did.get_create_plist(), did.get_space()
    layout = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked", h5d.VIRTUAL: "virtual"}
    result = {"layout": layout[dcpl.get_layout()]}
    if space.get_simple_extent_type() == h5s.SIMPLE:
        if space.get_simple_extent_dims(True) != space.shape:
            result["maxshape"] = [None if m == h5s.UNLIMITED else m for m in space.get_simple_extent_dims(True)]
    if result["layout"] == "chunked":
        result["chunks"], result["n_chunks"] = list(dcpl.get_chunk()), did.get_num_chunks()
    filters = [dcpl.get_filter(i) for i in range(dcpl.get_nfilters())]
    if filters:
        result["filters"] = [[code, flags, list(data)] for code, flags, data, _ in filters]
    usual = {"compact": h5d.ALLOC_TIME_EARLY, "contiguous": h5d.ALLOC_TIME_LATE}
    if dcpl.get_alloc_time() != usual.get(result["layout"], h5d.ALLOC_TIME_INCR):
        result["alloc_time"] = FILLED[0][dcpl.get_alloc_time()]
    if dcpl.get_fill_time() != h5d.FILL_TIME_IFSET:
        result["fill_time"] = FILLED[1][dcpl.get_fill_time()]
    if dcpl.fill_value_defined() != 1:
        result["fill"] = dcpl.fill_value_defined()
    if dcpl.fill_value_defined() == 2:
        mem = memory(did.get_type(), file_id)
        buffer = ctypes.create_string_buffer(mem.size)
        c("H5Pget_fill_value", dcpl.id, mem.tid.id, buffer)
        result["fill_value"] = mem.value(buffer.raw)
    if dcpl.get_external_count():
        external = [dcpl.get_external(i) for i in range(dcpl.get_external_count())]
        result["external"] = [[os.fsdecode(name), offset, size] for name, offset, size in external]
    return result


def attributes(oid, file_id):
    result, names = {}, []
    h5a.iterate(oid, lambda name, *_: names.append(name))
    for name in sorted(names):
        result[name.decode()] = values(h5a.open(oid, name), file_id)
    return result


def links(gid, path, seen, queue):
    result, names = {}, []
    gid.links.iterate(lambda name, *_: names.append(name))
    for name in sorted(names):
        info = gid.links.get_info(name)
        if info.type == h5py.h5l.TYPE_HARD:
            child = h5o.open(gid, name)
            address = h5o.get_info(child).addr
            if address not in seen:
                seen[address] = f"{path.rstrip('/')}/{name.decode()}"
                queue.append((child, seen[address]))
            result[name.decode()] = {"hard": seen[address]}
        elif info.type == h5py.h5l.TYPE_SOFT:
            result[name.decode()] = {"soft": gid.links.get_val(name).decode()}
        else:
            result[name.decode()] = {"external": [part.decode() for part in gid.links.get_val(name)]}
    return result


def order(iterate, plist_order):
    if not plist_order:
        return None
    names = []
    iterate(lambda name, *_: names.append(name.decode()))
    return names


def describe(oid, path, seen, queue, file_id):
    if isinstance(oid, h5t.TypeID):
        result = {"kind": "datatype", "type": memory(oid, file_id).description}
        plist = None
    elif isinstance(oid, h5d.DatasetID):
        result = {"kind": "dataset", **values(oid, file_id), **storage(oid, file_id)}
        plist = oid.get_create_plist()
    else:
        result = {"kind": "group", "links": links(oid, path, seen, queue)}
        plist = oid.get_create_plist()
        if plist.get_link_creation_order():
            names = order(lambda f: oid.links.iterate(f, idx_type=h5py.h5.INDEX_CRT_ORDER), True)
            result["creation_order"] = names
    attrs = attributes(oid, file_id)
    if attrs:
        result["attrs"] = attrs
        if plist is not None and plist.get_attr_creation_order():
            result["attr_order"] = order(lambda f: h5a.iterate(oid, f, index_type=h5py.h5.INDEX_CRT_ORDER), True)
    if text := comment(oid):
        result["comment"] = text
    return result


def comment(oid):
    """The comment of an object; empty if it has none."""
    text = ctypes.create_string_buffer(1024)
    c.hid("H5Oget_comment", oid, text, 1024)
    return text.value.decode()


def write_truth(path, name, libver, target, swmr=False, fapl=None, **more):
    """Read `path` and write the truth to `target`."""
    flags = h5f.ACC_RDONLY | (h5f.ACC_SWMR_READ if swmr else 0)
    file = h5f.open(os.fsencode(path), flags, fapl or access())
    fcpl = file.get_create_plist()
    root = h5o.open(file, b"/")
    seen, queue, objects = {h5o.get_info(root).addr: "/"}, [(root, "/")], {}
    while queue:
        oid, where = queue.pop(0)
        objects[where] = describe(oid, where, seen, queue, file.id)
    head = {
        "file": name,
        "libver": libver,
        "superblock": fcpl.get_version()[0],
        "sizes": list(fcpl.get_sizes()),
        "userblock": fcpl.get_userblock(),
        **more,
    }
    lines = ",\n".join(f"{json.dumps(where)}: {json.dumps(truth)}" for where, truth in objects.items())
    with open(target, "w") as out:
        out.write(f"{json.dumps(head)[:-1]},\n\"objects\": {{\n{lines}\n}}}}\n")
    file.close()
    return objects
