"""Superblocks, user blocks, sizes of offsets and lengths, file space strategies, SWMR, shared messages."""

import os

import h5py
import numpy as np
from h5py import h5f, h5p, h5t

from .base import access, attribute, c, create, dataset, dataset_plist, file_plist, fixture, group, ramp, written


def small_tree(file):
    """A little of everything, enough to show that all addresses are found."""
    inner = group(file, "group")
    dataset(file, "contiguous", "<i4", (4, 3), ramp(4, 3))
    dataset(inner, "chunked", "<u2", (10, 10), ramp(10, 10, dtype="<u2"), dcpl=dataset_plist(set_chunk=((4, 4),)))
    dataset(inner, "filtered", "<f8", (10, 10), ramp(10, 10, dtype="<f8"), (None, None),
            dataset_plist(set_chunk=((4, 4),), set_shuffle=(), set_deflate=(6,)))  # fmt: skip
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    dataset(inner, "text", text, (3,), ["one", "", "drei €"])
    attribute(inner, "answer", h5t.STD_I32LE, (), (42).to_bytes(4, "little"))
    file["soft"] = h5py.SoftLink("/group/chunked")


@written("superblock0", "superblock 0; old groups", "earliest")
def superblock0(file):
    small_tree(file)


@written("superblock1", "superblock 1: indexed-storage K 64, group K 2/8", "earliest",
         H5Pset_istore_k=(64,), H5Pset_sym_k=(8, 2))  # fmt: skip
def superblock1(file):
    small_tree(file)


@written("superblock2", "superblock 2; new groups, chunk B-trees v1", "v18")
def superblock2(file):
    small_tree(file)


@written("superblock2-btreek", "superblock 2 with a B-tree K message in its extension", "v18",
         H5Pset_istore_k=(5,), H5Pset_sym_k=(8, 2))  # fmt: skip
def superblock2_extension(file):
    small_tree(file)


@written("superblock3", "superblock 3 (v110)", "v110", "v114", "latest")
def superblock3(file):
    small_tree(file)


for _size in (512, 1024):

    @fixture(f"userblock{_size}", f"user block of {_size} bytes with text in it", "earliest", "latest")
    def userblock(path, bound, size=_size):
        with create(path, bound, file_plist(set_userblock=(size,))) as file:
            small_tree(file)
        with open(path, "r+b") as file:
            file.write(b"#!/bin/sh\necho a user block\n".ljust(size, b" "))


@fixture("userblock512-v18", "user block of 512 bytes before a superblock 2", "v18")
def userblock_v18(path, bound):
    with create(path, bound, file_plist(set_userblock=(512,))) as file:
        small_tree(file)


@fixture("userblock1024-superblock1", "user block of 1024 bytes before a superblock 1", "earliest")
def userblock_superblock1(path, bound):
    with create(path, bound, file_plist(set_userblock=(1024,), H5Pset_istore_k=(64,))) as file:
        small_tree(file)


for _sizes in ((2, 2), (4, 4), (2, 4), (4, 8), (8, 4)):

    @written(f"sizes{_sizes[0]}{_sizes[1]}", f"sizes of offsets {_sizes[0]}, of lengths {_sizes[1]}",
             "earliest", "v18", "latest", set_sizes=_sizes)  # fmt: skip
    def sizes(file):
        small_tree(file)


def strategy(name, what, number, persist, threshold, page=None, more=()):
    """File space: 0 free-space managers and aggregators, 1 paged, 2 aggregators, 3 none."""
    settings = {"set_file_space_strategy": (number, persist, threshold)}
    if page:
        settings["set_file_space_page_size"] = (page,)

    @fixture(f"space-{name}", what, "v110", *more)
    def write(path, bound):
        with create(path, bound, file_plist(**settings)) as file:
            small_tree(file)
            for i in range(8):
                dataset(file, f"hole{i}", "<u1", (100 + 40 * i,), np.full(100 + 40 * i, i, "u1"))
        with h5py.File(h5f.open(os.fsencode(path), h5f.ACC_RDWR, access(bound))) as file:
            for i in range(0, 8, 2):
                del file[f"hole{i}"]


strategy("persist", "free space kept in the file: free-space managers, holes from deleted datasets", 0, True, 1)
strategy("paged", "paged allocation, 4 KiB pages", 1, False, 1, 4096)
strategy("paged-persist", "paged allocation, 512-byte pages, free space kept", 1, True, 1, 512, ("latest",))
strategy("aggregate", "aggregation without free-space managers", 2, False, 1)
strategy("none", "neither aggregation nor free-space managers", 3, False, 1)


@fixture("swmr-closed", "written under SWMR, closed cleanly", "latest")
def swmr_closed(path, bound):
    with create(path, bound) as file:
        series = dataset(file, "series", "<f4", (0,), None, (None,), dataset_plist(set_chunk=((16,),)))
        file.swmr_mode = True
        for _ in range(5):
            series.resize(series.shape[0] + 30, axis=0)
            series[-30:] = ramp(30, dtype="<f4")
            series.flush()


@fixture("swmr-open", "copied while a SWMR writer had it open: the consistency flags are set", "latest")
def swmr_open(path, bound):
    with create("swmr.tmp", bound) as file:
        series = dataset(file, "series", "<f4", (0,), None, (None,), dataset_plist(set_chunk=((16,),)))
        file.swmr_mode = True
        for _ in range(5):
            series.resize(series.shape[0] + 30, axis=0)
            series[-30:] = ramp(30, dtype="<f4")
            series.flush()
        with open("swmr.tmp", "rb") as source, open(path, "wb") as target:
            target.write(source.read())
    os.unlink("swmr.tmp")
    return {"swmr": True}


def shared_messages(name, what, bound, list_max, btree_min):
    settings = {
        "H5Pset_shared_mesg_nindexes": (2,),
        "H5Pset_shared_mesg_phase_change": (list_max, btree_min),
    }

    @fixture(name, what, bound)
    def write(path, bound):
        fcpl = file_plist(**settings)
        c("H5Pset_shared_mesg_index", fcpl.id, 0, 0x1 << 3 | 0x1 << 1, 16)  # datatypes and dataspaces
        c("H5Pset_shared_mesg_index", fcpl.id, 1, 0x1 << 12 | 0x1 << 5 | 0x1 << 11, 16)  # attributes, fill, filters
        with create(path, bound, fcpl) as file:
            record = np.dtype([("time", "<f8"), ("value", "<i4"), ("name", "S10")])
            for i in range(14):
                plist = dataset_plist(set_chunk=((5, 4),), set_deflate=(4,), set_fill_value=(np.array(i % 3, "<i4"),))
                made = dataset(file, f"d{i:02}", "<i4", (10, 8), ramp(10, 8), dcpl=plist)
                attribute(made, "unit", h5t.py_create(np.dtype("S20")), (), b"metre per second".ljust(20, b"\0"))
                attribute(made, "number", h5t.STD_I64LE, (4,), np.full(4, i, "<i8").tobytes())
                if i % 3 == 0:
                    dataset(file, f"r{i:02}", record, (2,), np.array([(i, i, f"r{i}"), (0.5, -1, "")], record))


shared_messages("shared-list", "shared object-header messages, indexes as lists", "v18", 200, 100)
shared_messages("shared-btree", "shared object-header messages, indexes as B-trees", "v110", 5, 3)
shared_messages("shared-earliest", "shared object-header messages with version 1 headers", "earliest", 50, 40)
