"""Files of more than one part, and files of other writers."""

import ctypes
import os

import h5py
import numpy as np
from h5py import h5f

from .base import access, c, create, dataset, dataset_plist, driven, file_plist, fixture, group, ramp
from .files import small_tree


@fixture("netcdf4", "a netCDF-4 file: dimension scales, unlimited dimension, groups, strings, compression")
def netcdf4(path, bound):
    import netCDF4

    with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
        file.title = "a netCDF-4 file"
        for name, size in (("time", None), ("lat", 4), ("lon", 6)):
            file.createDimension(name, size)
            axis = file.createVariable(name, "f8", (name,))
            axis.units = "degrees"
            axis[:] = np.arange(size or 3)
        air = file.createVariable("air", "i2", ("time", "lat", "lon"), zlib=True, complevel=4, shuffle=True, fill_value=-999)
        air.scale_factor = np.float32(0.5)
        air.set_auto_maskandscale(False)
        air[:] = ramp(3, 4, 6, dtype="<i2")
        inner = file.createGroup("inner")
        inner.createDimension("n", 2)
        names = inner.createVariable("names", str, ("n",))
        names[:] = np.array(["one", "zwei €"], object)
        inner.createVariable("scalar", "u4")[...] = 7


@fixture("alignment", "objects of 1 KiB and more aligned to 4 KiB", "v110")
def alignment(path, bound):
    with create(path, bound, fapl=access(bound, set_alignment=(1024, 4096))) as file:
        for i in range(3):
            dataset(file, f"d{i}", "<i4", (300 + i,), ramp(300 + i))
        dataset(file, "chunked", "<i4", (40, 40), ramp(40, 40), dcpl=dataset_plist(set_chunk=((20, 20),)))


class ImageConfig(ctypes.Structure):
    """H5AC_cache_image_config_t."""

    _fields_ = [("version", ctypes.c_int), ("generate", ctypes.c_bool), ("resize", ctypes.c_bool), ("ageout", ctypes.c_int)]


def image_access(bound):
    fapl = access(bound)
    c("H5Pset_mdc_image_config", fapl, ctypes.byref(ImageConfig(1, True, False, -1)))
    return fapl


def several_groups(file):
    """No more than are compact: libhdf5 2.0 refuses images of fractal heaps, which it writes and 1.14 reads."""
    small_tree(file)
    several = group(file, "several")
    for i in range(8):
        group(several, f"group {i:02}")


@fixture("cache-image", "metadata cache image: metadata that is only there", "v110", "latest")
def cache_image(path, bound):
    with create(path, bound, fapl=image_access(bound)) as file:
        several_groups(file)


@fixture("cache-image-changed", "metadata cache image: metadata that is newer than in its place; free space kept", "v110")
def cache_image_changed(path, bound):
    with create(path, bound, file_plist(set_file_space_strategy=(0, True, 1))) as file:
        several_groups(file)
    with h5py.File(h5f.open(os.fsencode(path), h5f.ACC_RDWR, image_access(bound))) as file:
        del file["several/group 07"]
        dataset(file, "new", "<i4", (5,), ramp(5))
        file["group"].attrs["newer"] = np.int32(7)


@fixture("cache-image-paged", "metadata cache image in a paged file", "v110")
def cache_image_paged(path, bound):
    with create(path, bound, file_plist(set_file_space_strategy=(1, False, 1), set_file_space_page_size=(1024,)),
                image_access(bound)) as file:  # fmt: skip
        several_groups(file)


def family_access(bound, size=2048):
    fapl = access(bound)
    c("H5Pset_fapl_family", fapl, size, 0)
    return fapl


@driven("family-{}", "family of members of 2 KiB", "family", "family-{}-%02d.h5", family_access, "earliest", "v18", "latest")
def family(path, bound, fapl):
    with create(path, bound, fapl=fapl) as file:
        small_tree(file)


@driven("family-one-{}", "family of one member, smaller than it may be", "family", "family-one-{}-%d.h5",
        lambda bound: family_access(bound, 1 << 16), "earliest", "latest")  # fmt: skip
def family_one(path, bound, fapl):
    with create(path, bound, fapl=fapl) as file:
        small_tree(file)


def split_access(bound):
    fapl = access(bound)
    c("H5Pset_fapl_split", fapl, b"-m.h5", 0, b"-r.h5", 0)
    return fapl


@driven("split-{}", "split file: metadata, raw data", "split", "split-{}", split_access, "earliest", "v18", "latest")
def split(path, bound, fapl):
    with create(path, bound, fapl=fapl) as file:
        small_tree(file)


def multi_access(bound, kinds=(1, 2, 3, 4, 5, 6), step=None):
    """Each kind of data in the file of the given kind; without `step`, where the library has them."""
    fapl = access(bound)
    highest = (1 << 64) - 2
    step = step or highest // 6
    kinds = (ctypes.c_int * 7)(0, *kinds)
    names = (ctypes.c_char_p * 7)(*(f"%s-{letter}.h5".encode() for letter in "Xsbrglo"))
    starts = (ctypes.c_uint64 * 7)(0, *(kind * step for kind in range(6)))
    c("H5Pset_fapl_multi", fapl, kinds, (ctypes.c_int64 * 7)(), names, starts, ctypes.c_int(1))
    return fapl


@driven("multi-{}", "multi file: a file for each kind of data", "multi", "multi-{}", multi_access, "earliest", "v18", "latest")
def multi(path, bound, fapl):
    with create(path, bound, fapl=fapl) as file:
        small_tree(file)


@driven("multi-mapped-{}", "multi file: heaps with B-trees, object headers with the superblock, at other addresses",
        "multi", "multi-mapped-{}", lambda bound: multi_access(bound, (1, 2, 3, 2, 2, 1), 1 << 20), "earliest")  # fmt: skip
def multi_mapped(path, bound, fapl):
    with create(path, bound, fapl=fapl) as file:
        small_tree(file)


class OnionInfo(ctypes.Structure):
    """H5FD_onion_fapl_info_t."""

    _fields_ = [("version", ctypes.c_uint8), ("backing", ctypes.c_int64), ("page_size", ctypes.c_uint32),
                ("target", ctypes.c_int), ("revision", ctypes.c_uint64), ("force", ctypes.c_uint8),
                ("flags", ctypes.c_uint8), ("comment", ctypes.c_char * 256)]  # fmt: skip


BACKING = []
LATEST_REVISION = (1 << 64) - 1


def onion_access(bound, revision=LATEST_REVISION, comment=b"", page_size=512):
    fapl, backing = access(bound), access(bound)
    BACKING.append(backing)  # the library keeps nothing but its number
    info = OnionInfo(1, backing.id, page_size, 0, revision, 0, 0, comment)
    c("H5Pset_fapl_onion", fapl, ctypes.byref(info))
    return fapl


@driven("onion-{}", "onion file: three revisions, pages of 512 bytes", "onion", "onion-{}.h5", onion_access, "earliest", "latest")
def onion(path, bound, fapl):
    with create(path, bound) as file:
        small_tree(file)
    for revision in range(3):
        comment = b"revision %d" % revision
        with h5py.File(h5f.open(os.fsencode(path), h5f.ACC_RDWR, onion_access(bound, comment=comment))) as file:
            file["contiguous"][revision] = -revision
            dataset(file, f"new {revision}", "<i4", (300,), ramp(300) + revision)
            if revision == 2:
                del file["new 0"]
    return {"revisions": 4}
