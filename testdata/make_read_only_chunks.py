#!/usr/bin/env python3
"""Write read-only-chunks.txt: chunks of filters that the library only reads, as hdf5plugin stores and reads them.

    python3 make_read_only_chunks.py

A line is: name, number of the filter, its parameters with commas, the chunk as read and the chunk as stored, both in
hexadecimal. Needs h5py 3.16.0, numpy 2.4.6 and hdf5plugin 7.1.0.
"""

import pathlib
import tempfile

import h5py
import hdf5plugin
import numpy

assert (h5py.__version__, hdf5plugin.version) == ("3.16.0", "7.1.0")
TARGET = pathlib.Path(__file__).parent / "read-only-chunks.txt"


def smooth(*shape):
    grid = numpy.meshgrid(*map(numpy.arange, shape), indexing="ij")
    return sum(numpy.sin(axis / (3 + nth)) for nth, axis in enumerate(grid)) / len(shape)


def images():
    """JPEG-LS: name, elements, and bits, components, interleaving, largest error, and presets."""
    noise = numpy.random.default_rng(5)
    wave = smooth(12, 23)
    dots = numpy.where(noise.random((15, 40)) < 0.04, noise.integers(0, 200, (15, 40)), 9)
    yield "byte", ((wave + 1) * 127).astype("u1"), (8, 1, 0, 0)
    yield "runs", dots.astype("u1"), (8, 1, 0, 0)
    yield "near", (dots + wave.max()).astype("u1"), (8, 1, 0, 3)
    yield "short", ((wave + 1) * 32767).astype("<u2"), (16, 1, 0, 0)
    yield "short-12-near", ((wave + 1) * 2047).astype("<u2"), (12, 1, 0, 2)
    yield "short-12-presets", ((wave + 1) * 2047).astype("<u2"), (12, 1, 0, 0, 4095, 9, 20, 50, 31)
    yield "signed", (wave * 3000).astype("<i2"), (16, 1, 0, 0)
    yield "bits-5", ((wave + 1) * 15).astype("u1"), (5, 1, 0, 0)
    yield "planes", ((smooth(3, 12, 14) + 1) * 127).astype("u1"), (8, 3, 0, 0)
    yield "lines", numpy.broadcast_to(dots[:12, :21].astype("u1"), (3, 12, 21)), (8, 3, 1, 0)
    yield "pixels", numpy.stack([dots, dots + 1, dots[::-1]]).astype("u1"), (8, 3, 2, 0)


def volumes():
    """SPERR: name, elements, and the filter with its options."""
    for kind in ("<f4", "<f8"):
        plane, volume = smooth(14, 17).astype(kind), smooth(9, 10, 11).astype(kind)
        for name, data in (("plane", plane), ("volume", volume)):
            yield f"{name}-{kind[1:]}-rate", data, hdf5plugin.Sperr(rate=3)
            yield f"{name}-{kind[1:]}-quality", data, hdf5plugin.Sperr(peak_signal_to_noise_ratio=60)
            yield f"{name}-{kind[1:]}-error", data, hdf5plugin.Sperr(absolute=1e-3)
    spiky = smooth(16, 20)
    spiky[3, 5], spiky[12, 2] = 40.0, -7.5
    yield "outliers", spiky, hdf5plugin.Sperr(absolute=1e-2)
    yield "swap", smooth(13, 21), hdf5plugin.Sperr(absolute=1e-2, swap=True)
    yield "deep", smooth(20, 9, 9), hdf5plugin.Sperr(absolute=1e-2)
    yield "constant", numpy.full((9, 11), 2.5), hdf5plugin.Sperr(absolute=1e-2)
    gaps = smooth(14, 15).astype("<f4")
    gaps[2:5, 3:9] = numpy.nan
    yield "nan", gaps, hdf5plugin.Sperr(absolute=1e-2, missing_value_mode=1)
    gaps = smooth(14, 15)
    gaps[2:5, 3:9] = -1e36
    yield "huge", gaps, hdf5plugin.Sperr(absolute=1e-2, missing_value_mode=2)


def main():
    datasets = [
        (f"jpegls-{name}", data, {"compression": 32018, "compression_opts": options}) for name, data, options in images()
    ]
    datasets += [(f"sperr-{name}", data, dict(options)) for name, data, options in volumes()]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "chunks.h5")
        with h5py.File(path, "w") as file:
            for name, data, options in datasets:
                file.create_dataset(name, data=data, chunks=data.shape, **options)
        # Only another file gives the chunks as they are read.
        with h5py.File(path) as file:
            for name, data, _ in datasets:
                dataset = file[name]
                mask, chunk = dataset.id.read_direct_chunk((0,) * data.ndim)
                assert mask == 0, name
                number, _, parameters, _ = dataset.id.get_create_plist().get_filter(0)
                parameters = ",".join(str(parameter) for parameter in parameters)
                lines.append(f"{name} {number} {parameters} {dataset[...].tobytes().hex()} {chunk.hex()}\n")
    TARGET.write_text("".join(lines))


if __name__ == "__main__":
    main()
