"""Raw data: layouts, every chunk index, filters, fill values, external files, virtual datasets."""

import os

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5s, h5t, h5z

from .base import c, create, dataset, dataset_plist, dims, fixture, group, noise, ramp, written

# 1.10.8 reads filtered chunks up to v114; `latest` (2.0) has the version 5 layout.
ALL = ("earliest", "v18", "v110", "latest")
MODERN = ("v110", "latest")
FILTER = {"set_shuffle": (), "set_deflate": (6,)}
EARLY, LATE = h5d.ALLOC_TIME_EARLY, h5d.ALLOC_TIME_LATE
NEVER, ALWAYS = h5d.FILL_TIME_NEVER, h5d.FILL_TIME_ALLOC


def chunked(parent, name, shape, chunk, data=None, maxshape=None, tid="<i4", options=0, **settings):
    """A chunked dataset; `options` as H5Pset_chunk_opts."""
    dcpl = dataset_plist(set_chunk=(chunk,), **settings)
    if options:
        c("H5Pset_chunk_opts", dcpl, options)
    return dataset(parent, name, tid, shape, data, maxshape, dcpl)


@written("layout-plain", "compact and contiguous; allocated early, late, never; written and not", *ALL)
def plain(file):
    compact = {"set_layout": (h5d.COMPACT,)}
    dataset(file, "compact", "<i4", (3, 4), ramp(3, 4), dcpl=dataset_plist(**compact))
    dataset(file, "compact large", "<u1", (3000,), ramp(3000, dtype="<u1"), dcpl=dataset_plist(**compact))
    dataset(file, "compact unwritten", "<i4", (3,), dcpl=dataset_plist(**compact))
    dataset(file, "contiguous", "<i4", (5, 7), ramp(5, 7))
    dataset(file, "contiguous BE", ">f8", (5, 7), ramp(5, 7, dtype=">f8"))
    dataset(file, "unwritten late", "<i4", (5,), dcpl=dataset_plist(set_alloc_time=(LATE,)))
    dataset(file, "unwritten early", "<i4", (5,), dcpl=dataset_plist(set_alloc_time=(EARLY,)))
    dataset(file, "scalar", "<f4", (), np.float32(2.5))
    dataset(file, "null", "<f4", None)
    dataset(file, "zero", "<f4", (0, 3))


@written("chunks-btree1", "v1 B-tree chunk index: one node, three levels (3,000 chunks), sparse, edges, filtered", "earliest", "v18")
def btree1(file):
    chunked(file, "one level", (10, 10), (4, 4), ramp(10, 10))
    chunked(file, "deep", (3000,), (1,), ramp(3000, dtype="<u2"), tid="<u2")
    chunked(file, "filtered", (30, 30), (7, 8), ramp(30, 30), (None, 100), **FILTER)
    sparse = chunked(file, "sparse", (100, 100), (10, 10), None, set_fill_value=(np.array(-1, "<i4"),))
    sparse[95:, 95:] = ramp(5, 5)
    sparse[50, 3] = 7
    chunked(file, "empty", (10,), (3,))
    chunked(file, "early", (10,), (3,), set_alloc_time=(EARLY,))
    chunked(file, "zero", (0, 5), (2, 2), None, (None, 5))


@written("chunks-single", "single-chunk index: plain, filtered, unwritten, edge", *MODERN)
def single(file):
    chunked(file, "plain", (4, 6), (4, 6), ramp(4, 6))
    chunked(file, "filtered", (4, 6), (4, 6), ramp(4, 6), **FILTER)
    chunked(file, "unwritten", (4, 6), (4, 6))
    chunked(file, "maxshape", (3, 5), (4, 6), ramp(3, 5), (4, 6))
    chunked(file, "maxshape filtered", (3, 5), (4, 6), ramp(3, 5), (4, 6), **FILTER)


@written("chunks-implicit", "implicit index: early allocation, fixed shape, no filter", *MODERN)
def implicit(file):
    chunked(file, "written", (10, 11), (4, 3), ramp(10, 11), set_alloc_time=(EARLY,))
    chunked(file, "unwritten", (10, 11), (4, 3), set_alloc_time=(EARLY,))
    chunked(file, "partial", (10, 11), (4, 3), ramp(10, 11), (20, 12), set_alloc_time=(EARLY,))
    chunked(file, "fill", (7,), (2,), set_alloc_time=(EARLY,), set_fill_value=(np.array(9, "<i4"),))[3:5] = 1


@written("chunks-fixed-array", "fixed array: small, paged (1,100 to 3,000 chunks), sparse, filtered", *MODERN)
def fixed_array(file):
    chunked(file, "small", (10, 11), (4, 3), ramp(10, 11))
    chunked(file, "filtered", (10, 11), (4, 3), ramp(10, 11), **FILTER)
    chunked(file, "unwritten", (10, 11), (4, 3))
    chunked(file, "maxshape", (10, 11), (4, 3), ramp(10, 11), (20, 30))
    chunked(file, "paged", (1100,), (1,), ramp(1100, dtype="<u2"), tid="<u2")
    chunked(file, "paged filtered", (2400,), (2,), ramp(2400, dtype="<u2"), tid="<u2", set_fletcher32=())
    sparse = chunked(file, "paged sparse", (100, 60), (2, 2), None, set_fill_value=(np.array(3, "<i4"),))
    sparse[50, 30:33] = [7, 8, 9]
    sparse[99, 59] = 1


@written("chunks-extensible-array", "extensible array: 1 to 5,000 chunks, sparse, second dimension unlimited, filtered", *MODERN)
def extensible_array(file):
    for count in (1, 4, 5, 20, 100, 5000):
        chunked(file, f"{count} chunks", (count,), (1,), ramp(count, dtype="<u2"), (None,), tid="<u2")
    chunked(file, "filtered", (150, 7), (4, 3), ramp(150, 7), (None, 7), **FILTER)
    chunked(file, "filtered 1000", (2000,), (2,), ramp(2000, dtype="<u2"), (None,), tid="<u2", set_fletcher32=())
    chunked(file, "second", (7, 50), (3, 4), ramp(7, 50), (7, None))
    chunked(file, "second bounded", (7, 50), (3, 4), ramp(7, 50), (20, None))
    chunked(file, "empty", (0,), (4,), None, (None,))
    chunked(file, "unwritten", (10,), (4,), None, (None,))
    chunked(file, "sparse", (5000,), (1,), None, (None,))[4887:4890] = [1, 2, 3]
    shrunk = chunked(file, "shrunk", (100,), (3,), ramp(100), (None,))
    shrunk.resize((20,))
    shrunk.resize((30,))


@written("chunks-btree2", "v2 B-tree chunk index: depth 0 to 2, sparse, filtered", *MODERN)
def btree2(file):
    chunked(file, "one", (3, 3), (4, 4), ramp(3, 3), (None, None))
    chunked(file, "depth 0", (10, 11), (4, 3), ramp(10, 11), (None, None))
    chunked(file, "depth 1", (30, 30), (1, 2), ramp(30, 30, dtype="<u2"), (None, None), tid="<u2")
    chunked(file, "depth 2", (10, 10, 5, 5), (1, 1, 1, 1), ramp(10, 10, 5, 5, dtype="<u1"), (None,) * 4, tid="<u1")
    chunked(file, "filtered", (30, 33), (4, 3), ramp(30, 33), (None, None), **FILTER)
    chunked(file, "filtered three", (12, 10, 9), (2, 3, 2), ramp(12, 10, 9), (None, 20, None), **FILTER)
    chunked(file, "empty", (0, 3), (2, 2), None, (None, None))
    sparse = chunked(file, "sparse", (100, 100), (1, 1), None, (None, None))
    sparse[50, 50], sparse[99, 0] = 1, 2
    shrunk = chunked(file, "shrunk", (20, 20), (2, 2), ramp(20, 20), (None, None))
    shrunk.resize((7, 5))


@written("chunks-edges", "partial edge chunks left unfiltered (H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS)", *MODERN)
def edges(file):
    chunked(file, "single", (5, 5), (4, 6), ramp(5, 5), (5, 6), options=2, **FILTER)
    chunked(file, "fixed array", (10, 11), (4, 3), ramp(10, 11), options=2, **FILTER)
    chunked(file, "extensible array", (10, 11), (4, 3), ramp(10, 11), (None, 11), options=2, **FILTER)
    chunked(file, "btree", (10, 11), (4, 3), ramp(10, 11), (None, None), options=2, **FILTER)


@written("chunks-mask", "chunks whose filter mask skips some or all filters", "earliest", *MODERN)
def mask(file):
    made = chunked(file, "mask", (12,), (4,), ramp(12), tid="<i4", **FILTER)
    made.id.write_direct_chunk((4,), ramp(4).tobytes(), filter_mask=3)
    import zlib

    made.id.write_direct_chunk((8,), zlib.compress((ramp(4) + 100).tobytes()), filter_mask=1)
    empty = chunked(file, "all skipped", (8,), (4,), tid="<i4", **FILTER)
    empty.id.write_direct_chunk((0,), ramp(4).tobytes(), filter_mask=0xFFFFFFFF)


@written("filters", "deflate, shuffle, fletcher32, their combinations", "earliest", *MODERN)
def filters(file):
    data = {"ramp": ramp(20, 15), "noise": noise(20, 15, dtype="<i4")}
    for label, values in data.items():
        for name, settings in {
            "deflate0": {"set_deflate": (0,)},
            "deflate1": {"set_deflate": (1,)},
            "deflate9": {"set_deflate": (9,)},
            "shuffle": {"set_shuffle": ()},
            "fletcher32": {"set_fletcher32": ()},
            "shuffle deflate": FILTER,
            "shuffle deflate fletcher32": {**FILTER, "set_fletcher32": ()},
            "fletcher32 deflate": {"set_fletcher32": (), "set_deflate": (6,)},
        }.items():
            chunked(file, f"{label} {name}", (20, 15), (8, 8), values, (None, None), **settings)
    chunked(file, "bytes", (101,), (25,), ramp(101, dtype="<u1"), tid="<u1", **FILTER, set_fletcher32=())
    chunked(file, "be", (101,), (25,), ramp(101, dtype=">f8"), tid=">f8", **FILTER)
    record = np.dtype([("a", "<i2"), ("b", "<f8"), ("c", "S3")])
    rows = np.array([(i, i / 3, f"{i}") for i in range(50)], record)
    chunked(file, "compound", (50,), (20,), rows, tid=record, **FILTER)


@written("filters-lzf", "LZF, h5py's own filter, with and without shuffle", "v110")
def lzf(file):
    file.create_dataset("lzf", data=ramp(20, 15), chunks=(8, 8), compression="lzf")
    file.create_dataset("shuffle lzf", data=ramp(20, 15), chunks=(8, 8), compression="lzf", shuffle=True)
    file.create_dataset("noise", data=noise(20, 15), chunks=(8, 8), compression="lzf")


@written("filters-registered", "LZ4, Zstandard, bzip2, Bitshuffle, Blosc, Blosc 2, of hdf5plugin", "v110")
def registered(file):
    for name, options in {
        "lz4": hdf5plugin.LZ4(nbytes=200),
        "zstd": hdf5plugin.Zstd(),
        "bzip2": hdf5plugin.BZip2(),
        "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
        "bitshuffle lz4": hdf5plugin.Bitshuffle(),
        "bitshuffle zstd": hdf5plugin.Bitshuffle(cname="zstd"),
        "blosc blosclz": hdf5plugin.Blosc(cname="blosclz"),
        "blosc snappy bits": hdf5plugin.Blosc(cname="snappy", shuffle=2),
        "blosc zlib none": hdf5plugin.Blosc(cname="zlib", shuffle=0),
        "blosc2 blosclz": hdf5plugin.Blosc2(),
        "blosc2 lz4 delta": hdf5plugin.Blosc2(cname="lz4", filters=3),
        "blosc2 zstd bits": hdf5plugin.Blosc2(cname="zstd", filters=2),
    }.items():
        file.create_dataset(name, data=ramp(20, 15), chunks=(16, 8), **options)
        file.create_dataset(f"{name} noise", data=noise(20, 15), chunks=(16, 8), **options)


@written("filters-numeric", "scale-offset (integer, float), n-bit, SZIP (nearest neighbour, entropy)", "earliest", "v110")
def numeric(file):
    so = h5z.SO_INT, h5z.SO_FLOAT_DSCALE
    signed = ((ramp(20, 15) * 7919) % 1000 - 500).astype("<i4")
    chunked(file, "scaleoffset int", (20, 15), (8, 8), signed, set_scaleoffset=(so[0], 0))
    chunked(file, "scaleoffset int fill", (20, 15), (8, 8), signed, set_scaleoffset=(so[0], 0),
            set_fill_value=(np.array(-1, "<i4"),))  # fmt: skip
    chunked(file, "scaleoffset 5 bits", (10,), (10,), ramp(10), set_scaleoffset=(so[0], 5))
    chunked(file, "scaleoffset u8 BE", (40,), (16,), ramp(40, dtype=">u8") + 2**40, tid=">u8", set_scaleoffset=(so[0], 0))
    chunked(file, "scaleoffset constant", (40,), (16,), np.full(40, 7, "<i4"), set_scaleoffset=(so[0], 0))
    floats = (signed / 8).astype("<f4")
    chunked(file, "scaleoffset f4", (20, 15), (8, 8), floats, tid="<f4", set_scaleoffset=(so[1], 3))
    chunked(file, "scaleoffset f8", (20, 15), (8, 8), floats.astype("<f8"), tid="<f8", set_scaleoffset=(so[1], 2))
    narrow = h5t.STD_I32LE.copy()
    narrow.set_precision(11)
    narrow.set_offset(3)
    nbit(file, "nbit int", narrow, signed)
    big = h5t.STD_U16BE.copy()
    big.set_precision(9)
    nbit(file, "nbit BE", big, (signed % 500).astype("<u2"))
    record = h5t.create(h5t.COMPOUND, 12)
    record.insert(b"a", 0, narrow)
    record.insert(b"b", 4, h5t.array_create(h5t.STD_U16LE, (2,)))
    record.insert(b"c", 8, h5t.IEEE_F32LE)
    rows = np.zeros((20, 15), [("a", "<i4"), ("b", "<u2", (2,)), ("c", "<f4")])
    rows["a"], rows["c"] = signed, floats
    rows["b"][:, :, 1] = signed % 77
    nbit(file, "nbit compound", record, rows)
    for name, option in (("nn", 32), ("ec", 4)):
        for tid in ("<i4", "<u1", ">u2", "<f8"):
            values = ramp(20, 15).astype(tid)
            chunked(file, f"szip {name} {tid[1:]}", (20, 15), (8, 8), values, tid=tid, set_szip=(option, 8))


def nbit(file, name, tid, values):
    dcpl = dataset_plist(set_chunk=((8, 8),))
    c("H5Pset_nbit", dcpl)
    dataset(file, name, tid, (20, 15), values, dcpl=dcpl)


@written("fill", "fill values: default, user, undefined, never written; of compounds and strings; old message", *ALL)
def fill(file):
    five = {"set_fill_value": (np.array(5, "<i4"),)}
    dataset(file, "default", "<i4", (4,))
    dataset(file, "user", "<i4", (4,), dcpl=dataset_plist(**five))
    dataset(file, "user BE", ">i2", (4,), dcpl=dataset_plist(**five))
    dataset(file, "early", "<i4", (4,), dcpl=dataset_plist(**five, set_alloc_time=(EARLY,)))
    dataset(file, "at allocation", "<i4", (4,), dcpl=dataset_plist(**five, set_alloc_time=(EARLY,), set_fill_time=(ALWAYS,)))
    dataset(file, "never", "<i4", (4,), ramp(4), dcpl=dataset_plist(**five, set_fill_time=(NEVER,)))
    undefined = dataset_plist()
    c("H5Pset_fill_value", undefined, h5t.STD_I32LE, None)
    dataset(file, "undefined", "<i4", (4,), ramp(4), dcpl=undefined)
    chunked(file, "chunked", (10, 10), (4, 4), None, **five)[2, 3:5] = 1
    chunked(file, "chunked unlimited", (10, 10), (4, 4), None, (None, None), **five)[2, 3:5] = 1
    grown = chunked(file, "grown", (3,), (4,), ramp(3), (None,), **five)
    grown.resize((10,))
    record = np.dtype([("a", "<i2"), ("b", "<f8"), ("c", "S3")])
    dataset(file, "compound", record, (3,), dcpl=dataset_plist(set_fill_value=(np.array((7, 2.5, b"xyz"), record),)))
    word = dataset_plist()
    c("H5Pset_fill_value", word, h5t.py_create(np.dtype("S5")), b"fill\0")
    dataset(file, "string", "S5", (3,), dcpl=word)
    text = h5t.py_create(h5py.string_dtype(), logical=True)
    dataset(file, "vlen string", text, (3,))
    file.create_dataset("vlen string user", (3,), h5py.string_dtype(), fillvalue="none")


@written("fill-undefined", "no fill value and nothing written: libhdf5 refuses to read it", "v110")
def fill_undefined(file):
    undefined = dataset_plist()
    c("H5Pset_fill_value", undefined, h5t.STD_I32LE, None)
    dataset(file, "undefined unwritten", "<i4", (4,), dcpl=undefined)


@written("layout-external", "contiguous data in two external raw files, the second with an offset", "earliest", "latest")
def external(file):
    with open("external-1.raw", "wb") as raw:
        raw.write(ramp(20).tobytes())
    with open("external-2.raw", "wb") as raw:
        raw.write(b"skip" + ramp(40)[20:].tobytes())
    dcpl = dataset_plist()
    dcpl.set_external(b"external-1.raw", 0, 80)
    dcpl.set_external(b"external-2.raw", 4, 80)
    dataset(file, "external", "<i4", (5, 8), dcpl=dcpl)
    unlimited = dataset_plist()
    unlimited.set_external(b"external-1.raw", 8, h5d.UNLIMITED if hasattr(h5d, "UNLIMITED") else h5s.UNLIMITED)
    dataset(file, "unlimited", "<i4", (10,), None, (None,), unlimited)


@fixture("layout-virtual", "virtual datasets: of whole sources, strided, with gaps, missing sources, unlimited", "v110", "latest")
def virtual(path, bound):
    for i in range(3):
        with create(f"layout-virtual-source{i}.h5", "v110") as source:
            dataset(source, "data", "<i4", (10,), ramp(10) + 100 * i)
            chunked(source, "grows", (4 + i, 3), (2, 3), ramp(4 + i, 3) + 100 * i, (None, 3))
    with create(path, bound) as file:
        dataset(file, "here", "<i4", (4, 5), ramp(4, 5))

        def make(name, shape, pieces, maxshape=None, fill=-1, dtype="<i4"):
            layout = h5py.VirtualLayout(shape, dtype, maxshape=maxshape)
            for where, source in pieces:
                layout[where] = source
            file.create_virtual_dataset(name, layout, fillvalue=fill)

        def source(i, **kwargs):
            return h5py.VirtualSource(f"layout-virtual-source{i}.h5", "data", (10,), **kwargs)

        make("stack", (3, 10), [(i, source(i)) for i in range(3)])
        make("gaps", (5, 10), [(2 * i, source(i)) for i in range(3)])
        make("strided", (2, 10), [((0, slice(None, None, 2)), source(0)[:5]), ((1, slice(0, 5)), source(1)[1::2])])
        make("same file", (5, 4), [((slice(0, 2), slice(None)), h5py.VirtualSource(".", "here", (4, 5))[0:4:2, 1:5])])
        make("missing", (2, 10), [(0, source(0)), (1, source(9))])
        grows = h5py.VirtualSource("layout-virtual-source2.h5", "grows", (6, 3), maxshape=(None, 3))
        make("unlimited", (6, 3), [(slice(0, h5s.UNLIMITED), grows[0 : h5s.UNLIMITED])], (None, 3))
        dcpl = dataset_plist(set_layout=(h5d.VIRTUAL,))
        virtual_space = h5s.create_simple((3, 10), (h5s.UNLIMITED, 10))
        c("H5Sselect_hyperslab", virtual_space, 0, dims(0, 0), dims(1, 10), dims(2**64 - 1, 1), dims(1, 10))
        dcpl.set_virtual(virtual_space, b"layout-virtual-source%b.h5", b"data", h5s.create_simple((10,)))
        dataset(file, "printf", "<i4", (3, 10), None, (None, 10), dcpl)


@fixture("layout-virtual-texts", "virtual datasets of strings, sequences, compounds of these, from other files and the same", "v110")
def virtual_texts(path, bound):
    record = np.dtype([("name", h5py.string_dtype()), ("id", "<i4"), ("marks", h5py.vlen_dtype("<u2"))])

    def fill(file, mark, length):
        texts = [f"{mark}{'x' * i}" if i != 1 else "" for i in range(length)]
        numbers = np.empty(length, object)
        numbers[:] = [np.arange(i, dtype="<i4") + ord(mark) for i in range(length)]
        file.create_dataset("texts", data=texts, dtype=h5py.string_dtype())
        dataset(file, "numbers", h5t.py_create(h5py.vlen_dtype(np.dtype("<i4")), logical=True), (length,), numbers)
        rows = np.empty(length, record)
        for i in range(length):
            rows[i] = (texts[i], i, np.arange(i, dtype="<u2"))
        file.create_dataset("rows", data=rows, chunks=(2,))

    for i, mark in enumerate("AB"):
        with create(f"layout-virtual-source-texts{i}.h5", "v110") as source:
            dataset(source, "before", "<i4", (3,), ramp(3))
            fill(source, mark, 4 + i)
    with create(path, bound) as file:
        fill(file, "C", 3)
        files = ["layout-virtual-source-texts0.h5", "layout-virtual-source-texts1.h5", "."]

        def make(name, dtype, shape, pieces):
            layout = h5py.VirtualLayout(shape, dtype)
            for where, (file_name, length, part) in pieces:
                layout[where] = h5py.VirtualSource(file_name, name, (length,), dtype)[part]
            file.create_virtual_dataset(f"virtual {name}", layout)

        pieces = [
            ((0, slice(0, 4)), (files[0], 4, slice(None))),
            ((1, slice(0, 3)), (files[1], 5, slice(0, 5, 2))),
            ((2, slice(1, 4)), (files[2], 3, slice(None))),
            ((3, slice(0, 4)), ("missing.h5", 4, slice(None))),
        ]
        make("texts", h5py.string_dtype(), (4, 4), pieces)
        make("numbers", h5py.vlen_dtype(np.dtype("<i4")), (4, 4), pieces)
        make("rows", record, (4, 4), pieces)
        layout = h5py.VirtualLayout((4,), h5py.string_dtype())
        layout[:] = h5py.VirtualSource(".", "virtual texts", (4, 4), h5py.string_dtype())[0:4, 1]
        file.create_virtual_dataset("virtual of virtual", layout)


@written("dimensions", "ranks 0 to 8 and 32; maximum shapes; unlimited; zero sizes", "earliest", "latest")
def dimensions(file):
    for rank in range(9):
        shape = (3, 2, 2, 1, 2, 1, 2, 1)[:rank]
        dataset(file, f"rank {rank}", "<i2", shape, ramp(*shape, dtype="<i2"))
        if rank:
            chunked(file, f"chunked rank {rank}", shape, (2,) * rank, ramp(*shape, dtype="<i2"), (None,) * rank, "<i2")
    shape = (1,) * 15 + (3,) + (1,) * 14 + (2, 2)
    dataset(file, "rank 32", "<i2", shape, ramp(*shape, dtype="<i2"))
    chunked(file, "bounded", (3, 4), (2, 3), ramp(3, 4), (30, 40))
    chunked(file, "mixed", (3, 4), (2, 3), ramp(3, 4), (None, 4))
    dataset(file, "zero", "<i2", (0,))
    dataset(file, "zero inside", "<i2", (3, 0, 2))
    chunked(file, "zero chunked", (0,), (5,), None, (None,))
    dataset(file, "null", "<i2", None)


@written("images", "the ship job as h5py does it: (n, 80, 80, 3) uint8, Image Specification attributes", "v110")
def images(file):
    import pathlib

    from PIL import Image

    folder = pathlib.Path(os.path.abspath(__file__)).parents[1] / "images"
    for label in ("no_ships", "ships"):
        parent, names = group(file, label), sorted(p.name for p in (folder / label).glob("*.png"))[:4]
        data = np.stack([np.asarray(Image.open(folder / label / name)) for name in names])
        made = chunked(parent, "data", data.shape, (1, 80, 80, 3), data, tid="<u1", **FILTER)
        made.attrs["filenames"] = names
        made.attrs["CLASS"], made.attrs["IMAGE_VERSION"] = np.bytes_("IMAGE"), np.bytes_("1.2")
        made.attrs["IMAGE_SUBCLASS"] = np.bytes_("IMAGE_TRUECOLOR")
        made.attrs["INTERLACE_MODE"] = np.bytes_("INTERLACE_PIXEL")
