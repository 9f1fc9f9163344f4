"""Links and groups: symbol tables, compact and dense, soft, external, cycles, comments, times."""

import h5py
import numpy as np
from h5py import h5o, h5t

from .base import ORDER_BOTH, ORDER_TRACKED, attribute, c, dataset, dataset_plist, fixture, group, ramp, written

BOTH = ("earliest", "latest")


@written("groups-few", "nested groups with a few hard links; a dataset with two names", *BOTH)
def few(file):
    a = group(file, "a")
    group(group(a, "b"), "c")
    shared = dataset(a, "data", "<i2", (5,), ramp(5, dtype="<i2"))
    file["second name"] = shared
    group(file, "grüße €")
    group(file, "empty")


@written("groups-many", "1,200 links in a group (a symbol-table B-tree with depth; dense links)", *BOTH)
def many(file):
    parent = group(file, "many")
    target = dataset(file, "target", "<i4", (), np.int32(7))
    for i in range(1200):
        parent[f"link {i:04}"] = target


@written("groups-many-order", "1,200 links indexed by name and by creation order", "v110")
def many_ordered(file):
    parent = group(file, "many", ORDER_BOTH)
    target = dataset(file, "target", "<i4", (), np.int32(7))
    for i in range(1200):
        parent[f"link {i * 7 % 1200:04}"] = target


@written("links-compact-dense", "compact (8) and dense (9) links; tracked order; thresholds; dense after deletions", "v18")  # fmt: skip
def compact_dense(file):
    for name, order in (("plain", 0), ("tracked", ORDER_TRACKED), ("indexed", ORDER_BOTH)):
        for count in (8, 9):
            parent = group(file, f"{name}{count}", order)
            for i in range(count):
                parent[f"{(i * 5) % count}"] = h5py.SoftLink(f"/target {i}")
    parent = group(file, "thresholds", ORDER_BOTH, phase=(3, 2))
    for i in range(5):
        parent[f"x{i}"] = h5py.SoftLink("/plain8")
    parent = group(file, "deleted", ORDER_BOTH)
    for i in range(40):
        parent[f"x{i:02}"] = h5py.SoftLink("/plain8")
    for i in range(0, 40, 3):
        del parent[f"x{i:02}"]


@written("links-kinds", "soft, dangling, cyclic soft and external links; hard-link cycles of groups", *BOTH)
def kinds(file):
    a, b = group(file, "a"), group(file, "b")
    dataset(a, "data", "<i4", (3,), ramp(3))
    a["up"] = file["/"]
    a["b"], b["a"] = b, a
    a["self"] = a
    for name, target in {"soft": "/a/data", "relative": "a/data", "through": "b/a/up/a/self/data", "dangling": "/no/where",
                         "loop": "/loop", "ping": "/pong", "pong": "/ping", "root": "/", "dot": "./a/./data"}.items():  # fmt: skip
        file[name] = h5py.SoftLink(target)
    file["external"] = h5py.ExternalLink("superblock0.h5", "/group/chunked")
    file["external group"] = h5py.ExternalLink("superblock0.h5", "/group")
    file["external nowhere"] = h5py.ExternalLink("no-such-file.h5", "/x")
    file["external no object"] = h5py.ExternalLink("superblock0.h5", "/no such object")


@written("links-long", "link names of 255, 256 and 1,000 bytes; a 70 KB soft-link target (huge fractal-heap object)", "v18")  # fmt: skip
def long_names(file):
    for length in (255, 256, 1000):
        group(file, "n" * length)
    parent = group(file, "dense", ORDER_BOTH, phase=(0, 0))
    for i in range(12):
        parent[f"s{i}"] = h5py.SoftLink("/t" * (10 + 40 * i))
    parent["huge"] = h5py.SoftLink("/" + "h" * 70000)


@written("comments", "object comments on groups and datasets", *BOTH)
def comments(file):
    a = group(file, "a")
    data = dataset(a, "data", "<i4", (3,), ramp(3))
    h5o.set_comment(a.id, b"a group")
    h5o.set_comment(data.id, b"a dataset, with a longer comment that says more")
    h5o.set_comment(file["/"].id, "the root: grüße".encode())


@fixture("object-times", "objects that keep their times (bytes differ on each run)", *BOTH)
def times(path, bound):
    with h5py.File(path, "w", libver="latest" if bound == "latest" else ("earliest", "latest"), track_times=True) as file:
        file.create_group("group")
        file.create_dataset("data", data=ramp(4), track_times=True)
        file.create_dataset("untimed", data=ramp(4), track_times=False)


@written("datatypes-committed", "committed datatypes, used by datasets and attributes, with attributes of their own", *BOTH, "v110")
def committed(file):
    compound = h5t.py_create(np.dtype([("x", "<f4"), ("y", "<f8"), ("id", "<u2")]), logical=True)
    enum = h5t.py_create(h5py.enum_dtype({"OFF": 0, "ON": 1, "BROKEN": -1}, "i1"), logical=True)
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    types = group(file, "types")
    for name, tid in (("compound", compound), ("enum", enum), ("text", text)):
        commit(types, name, tid)
    rows = np.array([(1.5, 2.5, 3), (-1, 1e300, 65535)], compound.dtype)
    dataset(file, "rows", compound, (2,), rows)
    dataset(file, "more rows", compound, (2,), rows[::-1])
    dataset(file, "states", enum, (3,), np.array([0, 1, -1], "i1"), dcpl=dataset_plist(set_chunk=((2,),)))
    dataset(file, "texts", text, (2,), ["one", "two"])
    attribute(file["rows"], "state", enum, (), b"\x01")
    attribute(file["/"], "origin", compound, (), rows[:1].tobytes())
    file["hard link to a type"] = file["types/compound"]


def commit(parent, name, tid):
    """Commit a type without times, with an attribute."""
    plist = c.hid("H5Pcreate", c.constant("H5P_CLS_DATATYPE_CREATE_ID_g"))
    c("H5Pset_obj_track_times", plist, 0)
    c("H5Tcommit2", parent.id.id, name.encode(), tid.id, 0, plist, 0)
    attribute(parent[name], "note", h5t.STD_U8LE, (), b"\x05")


@written("walk", "20 groups of 50 datasets with 2 attributes each", *BOTH)
def walk(file):
    unit = h5t.py_create(np.dtype("S8"))
    for g in range(20):
        parent = group(file, f"group{g:02}")
        for d in range(50):
            made = dataset(parent, f"data{d:02}", "<i4", (4,), ramp(4) + g * 50 + d)
            attribute(made, "number", h5t.STD_I32LE, (), (g * 50 + d).to_bytes(4, "little"))
            attribute(made, "unit", unit, (), b"m".ljust(8, b"\0"))
