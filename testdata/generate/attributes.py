"""Attributes: compact, dense, huge, creation-ordered, of every shape."""

import h5py
import numpy as np
from h5py import h5t

from .base import ORDER_BOTH, ORDER_TRACKED, attribute, dataset, group, ramp, written

BOTH = ("earliest", "v110", "latest")
I4 = h5t.STD_I32LE


def number(obj, name, value):
    attribute(obj, name, I4, (), value.to_bytes(4, "little", signed=True))


@written("attributes-compact", "a few attributes of many kinds on a group and a dataset", *BOTH)
def compact(file):
    for obj in (file["/"], dataset(file, "data", "<i4", (3,), ramp(3))):
        number(obj, "scalar", -5)
        attribute(obj, "array", h5t.IEEE_F64BE, (2, 3), ramp(2, 3, dtype=">f8").tobytes())
        attribute(obj, "null", I4, None)
        attribute(obj, "zero elements", I4, (0,))
        attribute(obj, "fixed text", h5t.py_create(np.dtype("S6")), (2,), b"abc\0\0\0defghi")
        obj.attrs["text"] = "UTF-8: grüße €"
        obj.attrs["texts"] = ["a", "", "ccc" * 20]
        obj.attrs["größe"] = 1.5
        obj.attrs.create("compound", np.array((1, 2.5), [("a", "<i2"), ("b", "<f4")]))
        obj.attrs["reference"] = file["/"].ref


@written("attributes-dense", "8, 9 and 1,100 attributes; with tracked and with indexed creation order", "v110")
def dense(file):
    for name, order in (("plain", 0), ("tracked", ORDER_TRACKED), ("indexed", ORDER_BOTH)):
        for count in (8, 9):
            parent = group(file, f"{name}{count}", attr_order=order)
            for i in range(count):
                number(parent, f"a{i * 5 % count}", i)
    many = group(file, "many", attr_order=ORDER_BOTH)
    for i in range(1100):
        number(many, f"attribute {i * 7 % 1100:04}", i)
    gone = group(file, "deleted", attr_order=ORDER_BOTH)
    for i in range(30):
        number(gone, f"a{i:02}", i)
    for i in range(0, 30, 4):
        del gone.attrs[f"a{i:02}"]
    phase = group(file, "thresholds", attr_phase=(2, 1))
    for i in range(3):
        number(phase, f"a{i}", i)


@written("attributes-many-old", "300 attributes in a version 1 header with continuation blocks", "earliest")
def many_old(file):
    data = dataset(file, "data", "<i4", (3,), ramp(3))
    for i in range(300):
        number(data, f"attribute {i:03}", i)


@written("attributes-huge", "attributes of 60,000 and 100,000 bytes (huge heap objects) among small dense ones", "v18")
def huge(file):
    parent = group(file, "a", attr_phase=(0, 0))
    for i in range(3):
        number(parent, f"small{i}", i)
    attribute(parent, "60000", h5t.STD_U8LE, (60000,), bytes(60000))
    attribute(parent, "100000", h5t.STD_U16LE, (50000,), np.arange(50000, dtype="<u2").tobytes())
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    attribute(parent, "after", text, None)
    parent.attrs["long text"] = "x" * 70000


@written("attributes-shared-type", "attributes whose type is committed, in compact and dense storage", "v18", "latest")
def shared_type(file):
    from .groups import commit

    tid = h5t.py_create(np.dtype([("a", "<i4"), ("b", "<f8")]))
    commit(file["/"], "type", tid)
    for count in (1, 12):
        parent = group(file, f"with{count}")
        for i in range(count):
            attribute(parent, f"a{i}", tid, (), np.array((i, i / 4), tid.dtype).tobytes())
