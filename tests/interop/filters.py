"""Filters: what hdf5plugin's filters write is read, and what hdfive writes is read by them, to the bit."""

import h5py
import hdf5plugin
import numpy

SHAPES = {
    "1d": ((1, 7, 129, 4096, 40_000), None),
    "2d": ((20, 30), (20, 30)),
    "2d cut": ((33, 50), (16, 48)),
    "3d": ((17, 9, 11), (16, 9, 5)),
    "4d": ((3, 5, 4, 6), (3, 5, 4, 6)),
    "2d narrow": ((300, 2), (300, 2)),
}
ELEMENTS = ["u1", "<i2", ">i4", "<u8", "<f4", ">f8", "3u1", "(150,)<i2"]


def plugins():
    """A name and the options of create_dataset for filters of hdf5plugin and h5py."""
    yield "lzf", {"compression": "lzf", "shuffle": True}
    yield "gzip", {"compression": "gzip", "shuffle": True, "fletcher32": True}
    yield "scaleoffset", {"scaleoffset": 0}
    yield "lz4", hdf5plugin.LZ4()
    yield "lz4 blocks", hdf5plugin.LZ4(nbytes=100)
    for level in (1, 19):
        yield f"zstd {level}", hdf5plugin.Zstd(clevel=level)
    yield "zstd checked", {**hdf5plugin.Zstd(), "fletcher32": True}
    for size in (1, 9):
        yield f"bzip2 {size}", hdf5plugin.BZip2(blocksize=size)
    for codec in ("none", "lz4", "zstd"):
        yield f"bitshuffle {codec}", hdf5plugin.Bitshuffle(cname=codec)
        yield f"bitshuffle {codec} 64", hdf5plugin.Bitshuffle(nelems=64, cname=codec)
    for codec in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            for level in (0, 1, 9) if shuffle == 1 else (5,):
                yield f"blosc {codec} {shuffle} {level}", hdf5plugin.Blosc(cname=codec, clevel=level, shuffle=shuffle)
    for codec in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for filters in (0, 1, 2, 3):
            for level in (0, 1, 9) if filters == 1 else (5,):
                yield f"blosc2 {codec} {filters} {level}", hdf5plugin.Blosc2(cname=codec, clevel=level, filters=filters)


def arrays():
    """Name, array and chunk shape: elements of every size, chunks of odd sizes, contents that compress or not."""
    noise = numpy.random.default_rng(7)
    for element in ELEMENTS:
        dtype = numpy.dtype(element)
        for kind, (shape, chunk) in SHAPES.items():
            shapes = [((length,), (length,)) for length in shape] if chunk is None else [(shape, chunk)]
            for shape, chunk in shapes:
                count = int(numpy.prod(shape)) * int(numpy.prod(dtype.shape, dtype=int))
                if count > 100_000 or (dtype.shape and kind not in ("1d", "2d")):
                    continue
                contents = {
                    "ramp": (numpy.arange(count) % 119).astype(dtype.base),
                    "noise": numpy.frombuffer(noise.bytes(count * dtype.base.itemsize), dtype.base),
                }
                if shape == (4096,):
                    contents["steps"] = (numpy.arange(count) // (count // 5)).astype(dtype.base)
                    contents["zeros"] = numpy.zeros(count, dtype.base)
                if shape == (4096,) and dtype.kind == "f":
                    contents["nan"] = numpy.full(count, numpy.nan, dtype.base)
                for content, data in contents.items():
                    name = f"{element} {kind} {'x'.join(map(str, chunk))} {content}"
                    yield name.replace("/", " "), dtype, data.reshape(*shape, *dtype.shape), chunk


def same(data, expected, where):
    assert data.tobytes() == expected.tobytes(), where


def hdfive_reads_what_hdf5plugin_writes(context):
    source, target = context.work / "plugins.h5", context.work / "plugins-read.h5"
    with h5py.File(source, "w") as file:
        for filter_name, options in plugins():
            for name, dtype, data, chunk in arrays():
                shape = data.shape[: len(chunk)]
                if "scaleoffset" in options and (dtype.kind not in "iu" or dtype.shape):
                    continue
                path = f"{filter_name}/{name}"
                made = file.create_dataset(path, shape, dtype, chunks=chunk, **options)
                made[...] = data
    target.unlink(missing_ok=True)
    context.example("filters", "read", source, target)
    count = 0
    with h5py.File(source) as plugged, h5py.File(target) as copied:
        for filter_name, group in plugged.items():
            for name, dataset in group.items():
                same(copied[filter_name][name][...], dataset[...], (filter_name, name))
                count += 1
    assert count > 3000, count


def hdf5plugin_reads_what_hdfive_writes(context):
    source, target = context.work / "unfiltered.h5", context.work / "filtered.h5"
    expected = {}
    with h5py.File(source, "w") as file:
        for name, dtype, data, chunk in arrays():
            made = file.create_dataset(name, data.shape[: len(chunk)], dtype, chunks=chunk)
            made[...] = data
            expected[name] = data
    target.unlink(missing_ok=True)
    context.example("filters", "write", source, target)
    with h5py.File(target) as file:
        filtered = 0
        for filter_name, group in file.items():
            for name, dataset in group.items():
                same(dataset[...], expected[name], (filter_name, name))
                filtered += dataset.id.get_chunk_info(0).filter_mask == 0
            lossy = filter_name.startswith(("szip", "scale_offset"))
            assert lossy or len(group) == len(expected), (filter_name, len(group))
        assert len(file) > 60 and filtered > 3000, (len(file), filtered)


def h5py_appends_with_its_filters(context):
    """The parameters that hdfive computes serve the filters of the C library for writing, too."""
    target = context.work / "filtered.h5"
    with h5py.File(target, "r+") as file:
        for group in [group for name, group in file.items() if not name.startswith("mandatory")]:
            for name in [name for name in group if "<f4 1d 4096" in name or "<i2 2d cut" in name]:
                values = numpy.arange(group[name].size).reshape(group[name].shape).astype(group[name].dtype)
                group[name][...] = values
                group[name].attrs["appended"] = True
    copy = context.work / "filtered-read.h5"
    copy.unlink(missing_ok=True)
    context.example("filters", "read", target, copy)
    with h5py.File(target) as file, h5py.File(copy) as copied:
        for filter_name, group in file.items():
            for name, dataset in group.items():
                if "appended" in dataset.attrs:
                    same(copied[filter_name][name][...], dataset[...], (filter_name, name))


CHECKS = [hdfive_reads_what_hdf5plugin_writes, hdf5plugin_reads_what_hdfive_writes, h5py_appends_with_its_filters]
