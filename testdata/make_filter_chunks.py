#!/usr/bin/env python3
"""Write filter-chunks.txt: chunks as the filters of hdf5plugin store them.

    python3 make_filter_chunks.py

A line is: name, number of the filter, its parameters with commas, the chunk in memory and the chunk as stored, both in
hexadecimal. Needs h5py 3.16.0, numpy 2.4.6, hdf5plugin 7.1.0 and blosc2 4.14.1.
"""

import pathlib

import blosc2
import h5py
import hdf5plugin
import numpy

assert (h5py.__version__, hdf5plugin.version) == ("3.16.0", "7.1.0")
TARGET = pathlib.Path(__file__).parent / "filter-chunks.txt"


def filters():
    yield "lz4", hdf5plugin.LZ4()
    yield "lz4-blocks", hdf5plugin.LZ4(nbytes=100)
    yield "zstd", hdf5plugin.Zstd()
    yield "zstd-19", hdf5plugin.Zstd(clevel=19)
    yield "bzip2", hdf5plugin.BZip2()
    for codec in ("none", "lz4", "zstd"):
        yield f"bitshuffle-{codec}", hdf5plugin.Bitshuffle(nelems=16, cname=codec)
    for codec in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            yield f"blosc-{codec}-{shuffle}", hdf5plugin.Blosc(cname=codec, clevel=9, shuffle=shuffle)
    for codec in ("blosclz", "lz4", "zlib", "zstd"):
        for shuffle in (0, 1, 2, 3):
            yield f"blosc2-{codec}-{shuffle}", hdf5plugin.Blosc2(cname=codec, clevel=9, filters=shuffle)


def contents():
    noise = numpy.random.default_rng(3)
    yield "steps", numpy.arange(203, dtype="<u2") // 19 * 257
    yield "plane", (numpy.arange(70, dtype="<u2") // 4).reshape(7, 10)
    yield "zeros", numpy.zeros((4, 8), "<f4")
    yield "nan", numpy.full(20, numpy.nan, "<f8")
    yield "noise", noise.integers(0, 256, 50, dtype="u1")


# Of special contents, no more than these.
FEW = {"lz4", "zstd", "bzip2", "bitshuffle-lz4", "blosc-lz4-1", "blosc2-lz4-0", "blosc2-lz4-1", "blosc2-lz4-3"}


def frames():
    """Frames of Blosc 2 that its HDF5 filter does not write: more than one chunk, dimensions that blocks do not divide."""
    plane = (numpy.arange(7 * 10, dtype="<u2") // 4).reshape(7, 10)
    cube = numpy.arange(3 * 5 * 4, dtype="<i4").reshape(3, 5, 4)
    yield "frame-plane", plane, blosc2.asarray(plane, chunks=(4, 6), blocks=(2, 3))
    yield "frame-cube", cube, blosc2.asarray(cube, chunks=(2, 5, 3), blocks=(2, 2, 3))
    yield "frame-value", numpy.full((9, 9), 7, "<i4"), blosc2.full((9, 9), 7, "<i4", chunks=(4, 4), blocks=(2, 2))
    yield "frame-zeros", numpy.zeros((9, 9), "<i4"), blosc2.zeros((9, 9), "<i4", chunks=(4, 4), blocks=(2, 2))
    yield "frame-nan", numpy.full((9, 9), numpy.nan), blosc2.nans((9, 9), "<f8", chunks=(4, 4), blocks=(2, 2))


def main():
    lines = []
    for name, data, frame in frames():
        lines.append(f"{name} 32026 1,0,{data.itemsize},{data.nbytes},5,1,5 {data.tobytes().hex()} {frame.to_cframe().hex()}\n")
    with h5py.File.in_memory() as file:
        for content, data in contents():
            for name, options in filters():
                if content not in ("steps", "plane") and name not in FEW:
                    continue
                made = file.create_dataset(f"{content}-{name}", data=data, chunks=data.shape, **options)
                mask, chunk = made.id.read_direct_chunk((0,) * data.ndim)
                if mask:
                    continue
                number, _, parameters, _ = made.id.get_create_plist().get_filter(0)
                parameters = ",".join(str(parameter) for parameter in parameters)
                lines.append(f"{content}-{name} {number} {parameters} {data.tobytes().hex()} {chunk.hex()}\n")
    TARGET.write_text("".join(lines))


if __name__ == "__main__":
    main()
