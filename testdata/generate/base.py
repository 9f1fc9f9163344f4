"""What every fixture writer needs: the C API beneath h5py, file creation, and the registry."""

import ctypes
import glob
import os
import zlib

import h5py
import numpy as np
from h5py import h5d, h5f, h5g, h5p, h5s, h5t

# (low, high) bounds by the suffix of the fixture's name.
BOUNDS = {
    "earliest": (h5f.LIBVER_EARLIEST, h5f.LIBVER_LATEST),
    "v18": (h5f.LIBVER_V18, h5f.LIBVER_V18),
    "v110": (h5f.LIBVER_V110, h5f.LIBVER_V110),
    "v114": (h5f.LIBVER_V114, h5f.LIBVER_V114),
    "latest": (h5f.LIBVER_LATEST, h5f.LIBVER_LATEST),
}


class CApi:
    """The libhdf5 that h5py has loaded, for what h5py does not expose.

    `c("H5Pset_istore_k", plist.id, 64)` calls a function that returns herr_t;
    `c.hid("H5Dcreate2", ...)` one that returns an identifier or another 64-bit number.
    """

    def __init__(self):
        folder = os.path.join(os.path.dirname(h5py.__file__), "..", "h5py.libs")
        (path,) = glob.glob(os.path.join(folder, "libhdf5-*"))
        self.lib = ctypes.CDLL(path)

    @staticmethod
    def _argument(value):
        value = getattr(value, "id", value)  # an h5py identifier: kept alive by `args` during the call
        return ctypes.c_int64(value) if isinstance(value, int) else value

    def _call(self, name, restype, args):
        function = self.lib[name]  # a new object each time: its restype is ours
        function.restype = restype
        result = function(*map(self._argument, args))
        if result < 0:
            raise RuntimeError(f"{name} failed")
        return result

    def __call__(self, name, *args):
        return self._call(name, ctypes.c_int, args)

    def hid(self, name, *args):
        return self._call(name, ctypes.c_int64, args)

    def constant(self, name):
        return ctypes.c_int64.in_dll(self.lib, name).value


c = CApi()


def dims(*values):
    """A C array of hsize_t."""
    return (ctypes.c_uint64 * max(1, len(values)))(*values)


DRIVEN = []  # files of other drivers: (name, bounds name, what it shows, driver, path, access list for a bound, function)


def driven(name, what, driver, path, fapl, *bounds):
    """Register `function(path, bound, fapl)` for a file in several files; `path` is what the driver opens.

    In `path` and `name`, `{}` stands for the bound; `fapl(bound)` makes the access list.
    """

    def register(function):
        for bound in bounds:
            DRIVEN.append((name.format(bound), bound, what, driver, path.format(bound), fapl, function))
        return function

    return register


FIXTURES = []  # (name, bounds name, what it shows, function)


def fixture(name, what, *bounds):
    """Register `function(file or path)` once for each of `bounds`.

    The function gets `(path, bound)` and leaves the whole, closed file at `path`
    (see `written`, which opens and closes it); `bound` is None without bounds.
    """

    def register(function):
        if not bounds:
            FIXTURES.append((name, None, what, function))
        for bound in bounds:
            FIXTURES.append((f"{name}-{bound}" if len(bounds) > 1 else name, bound, what, function))
        return function

    return register


def access(bound="earliest", **more):
    """A file access list with the bounds of that name."""
    fapl = h5p.create(h5p.FILE_ACCESS)
    fapl.set_libver_bounds(*BOUNDS[bound])
    fapl.set_fclose_degree(h5f.CLOSE_STRONG)
    c("H5Pset_relax_file_integrity_checks", fapl, 1)  # integers of few bits
    for key, value in more.items():
        getattr(fapl, key)(*value)
    return fapl


def create(path, bound="earliest", fcpl=None, fapl=None):
    """A new file that stores no times."""
    fcpl = fcpl or h5p.create(h5p.FILE_CREATE)
    fcpl.set_obj_track_times(False)
    return h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fcpl, fapl or access(bound)))


def written(name, what, *bounds, **file_settings):
    """Like `fixture`, for a function that is given the new file, open.

    The settings name methods of the file creation list: set_sizes=(4, 4).
    """

    def register(function):
        @fixture(name, what, *bounds)
        def write(path, bound):
            with create(path, bound, file_plist(**file_settings)) as file:
                function(file)

        return function

    return register


def file_plist(**settings):
    fcpl = h5p.create(h5p.FILE_CREATE)
    for key, args in settings.items():
        if key.startswith("H5P"):
            c(key, fcpl.id, *args)
        else:
            getattr(fcpl, key)(*args)
    return fcpl


ORDER_TRACKED, ORDER_BOTH = h5p.CRT_ORDER_TRACKED, h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED


def group(parent, name, order=0, attr_order=0, phase=None, attr_phase=None):
    """A new group without times; `order` as H5Pset_link_creation_order."""
    gcpl = h5p.create(h5p.GROUP_CREATE)
    gcpl.set_obj_track_times(False)
    if order:
        gcpl.set_link_creation_order(order)
    if attr_order:
        gcpl.set_attr_creation_order(attr_order)
    if attr_phase:
        gcpl.set_attr_phase_change(*attr_phase)
    if phase:
        c("H5Pset_link_phase_change", gcpl.id, *phase)
    lcpl = h5p.create(h5p.LINK_CREATE)
    lcpl.set_char_encoding(h5t.CSET_UTF8 if not name.isascii() else h5t.CSET_ASCII)
    return h5py.Group(h5g.create(parent.id, name.encode(), lcpl, gcpl))


def dataset_plist(**settings):
    """A dataset creation list without times; settings name its methods: set_chunk=((4,),)."""
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_obj_track_times(False)
    for key, args in settings.items():
        getattr(dcpl, key)(*args)
    return dcpl


def space(shape=(), maxshape=None):
    if shape is None:
        return h5s.create(h5s.NULL)
    if shape == () and maxshape is None:
        return h5s.create(h5s.SCALAR)
    if maxshape is not None:
        maxshape = tuple(h5s.UNLIMITED if m is None else m for m in maxshape)
    return h5s.create_simple(shape, maxshape)


def dataset(parent, name, tid, shape=(), data=None, maxshape=None, dcpl=None):
    """A dataset of file type `tid` (TypeID or numpy dtype). `data`: an array, or bytes in the file type."""
    if not isinstance(tid, h5t.TypeID):
        tid = h5t.py_create(np.dtype(tid), logical=True)
    dsid = h5d.create(parent.id, name.encode(), tid, space(shape, maxshape), dcpl or dataset_plist())
    if isinstance(data, bytes):
        buffer = ctypes.create_string_buffer(data, len(data))
        c("H5Dwrite", dsid.id, tid.id, 0, 0, 0, buffer)
    elif isinstance(data, np.ndarray) and tid.get_class() in (h5t.INTEGER, h5t.FLOAT):
        data = np.ascontiguousarray(data)  # below h5py's high level, which wants a numpy type for `tid`
        dsid.write(h5s.ALL, h5s.ALL, data, h5t.py_create(data.dtype))
    elif data is not None:
        h5py.Dataset(dsid)[...] = data
    return h5py.Dataset(dsid)


def attribute(obj, name, tid, shape=(), data=b""):
    """An attribute of file type `tid` whose `data` are bytes in that type."""
    attr = c.hid("H5Acreate2", obj.id.id, name.encode(), tid, space(shape), 0, 0)
    if data:
        c("H5Awrite", attr, tid.id, ctypes.create_string_buffer(data, len(data)))
    c("H5Aclose", attr)


def ramp(*shape, dtype="<i4"):
    """0, 1, 2, … in that shape."""
    count = int(np.prod(shape))
    return np.arange(count).astype(dtype).reshape(shape)


def noise(*shape, dtype="<u4", key="hdfive"):
    """Incompressible values that depend on nothing but the arguments."""
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(f"{key}{shape}{dtype}".encode())))
    raw = rng.integers(0, 256, int(np.prod(shape)) * np.dtype(dtype).itemsize, dtype=np.uint8)
    return raw.view(dtype).reshape(shape)
