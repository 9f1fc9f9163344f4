"""Files that `h5 pack` makes, read by h5py, netCDF4 and the C tools, and unpacked again."""

import random
import shutil
import subprocess
import sys

import h5py
import netCDF4
import numpy
from PIL import Image

IMAGE_ATTRIBUTES = {
    "CLASS": b"IMAGE",
    "IMAGE_VERSION": b"1.2",
    "IMAGE_SUBCLASS": b"IMAGE_TRUECOLOR",
    "INTERLACE_MODE": b"INTERLACE_PIXEL",
}


def decoded(path):
    with Image.open(path) as image:
        return numpy.asarray(image.convert("RGB"))


def alike(pixels, path):
    """Equal for PNG. Decoders of JPEG may round in their own ways."""
    wanted = decoded(path)
    if path.suffix == ".png":
        return numpy.array_equal(pixels, wanted)
    return numpy.abs(pixels.astype(int) - wanted).max() <= 12


def check_images(packed, folder):
    """Every image of the folder is in the file, at its index, under its name, with the attributes."""
    with h5py.File(packed) as file:
        classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
        assert list(file) == classes, list(file)
        for name in classes:
            data = file[name]["data"]
            paths = sorted(path for path in (folder / name).iterdir())
            assert list(data.attrs["filenames"]) == [path.name for path in paths]
            assert h5py.check_string_dtype(data.attrs.get_id("filenames").dtype) == ("utf-8", None)
            assert data.shape == (len(paths), *decoded(paths[0]).shape) and data.dtype == numpy.uint8
            for attribute, value in IMAGE_ATTRIBUTES.items():
                assert data.attrs[attribute] == value, (attribute, data.attrs[attribute])
            for index, path in enumerate(paths):
                assert alike(data[index], path), path


def pack(context, name, folder, *options):
    target = context.work / f"{name}.h5"
    target.unlink(missing_ok=True)
    context.h5("pack", folder, target, *options)
    return target


def h5py_reads_packed_images(context):
    target = pack(context, "packed", context.images)
    check_images(target, context.images)
    with h5py.File(target) as file:
        assert file["ships/data"].chunks is None
    context.keep(target, "packed")


def h5py_reads_compressed_images(context):
    target = pack(context, "compressed", context.images, "--deflate", 4, "--shuffle")
    check_images(target, context.images)
    with h5py.File(target) as file:
        data = file["ships/data"]
        assert data.chunks == (1, *data.shape[1:])
        assert (data.compression, data.compression_opts, data.shuffle) == ("gzip", 4, True)
    context.keep(target, "compressed")


def c_tools_read_packed_images(context):
    for name in ["packed", "compressed"]:
        path = context.work / f"{name}.h5"
        dump = context.h5dump(path)
        assert dump.count("DATASPACE  SIMPLE { ( 24, 80, 80, 3 )") == 2, dump[:2000]
        assert context.h5dump(path, "-p", "-H").count("CONTIGUOUS") == (2 if name == "packed" else 0)
        listing = context.run("h5ls", "-r", path).decode()
        assert [line.split()[0] for line in listing.splitlines()] == [
            "/", "/no_ships", "/no_ships/data", "/ships", "/ships/data"]  # fmt: skip
        context.run("h5stat", path)


def netcdf4_reads_packed_images(context):
    with h5py.File(context.work / "packed.h5") as file, netCDF4.Dataset(context.work / "packed.h5") as other:
        data = other["ships/data"]
        data.set_auto_maskandscale(False)
        assert numpy.array_equal(data[...], file["ships/data"][...])
        assert list(data.filenames) == list(file["ships/data"].attrs["filenames"])


def unpack(context, path, name):
    folder = context.work / name
    shutil.rmtree(folder, ignore_errors=True)
    context.h5("unpack", path, folder)
    return folder


def unpacked_images_are_identical(context):
    for name in ["packed", "compressed"]:
        folder = unpack(context, context.work / f"{name}.h5", f"{name}-unpacked")
        with h5py.File(context.work / f"{name}.h5") as file:
            for label in file:
                data = file[label]["data"]
                for index, image in enumerate(data.attrs["filenames"]):
                    pixels = decoded((folder / label / image).with_suffix(".png"))
                    assert numpy.array_equal(pixels, data[index]), image


def h5py_appends_to_packed_images(context):
    """An image more, a class more, an attribute more: with h5py, then all is unpacked."""
    for name in ["packed", "compressed"]:
        path = context.work / f"{name}-appended.h5"
        path.write_bytes((context.work / f"{name}.h5").read_bytes())
        with h5py.File(path, "r+") as file:
            pixels = file["ships/data"][3]
            file.create_dataset("boats/data", data=numpy.stack([pixels, 255 - pixels]), compression="gzip")
            file["ships/data"][5] = 255 - pixels
            file["ships/data"].attrs["photographer"] = "nobody"
        folder = unpack(context, path, f"{name}-appended")
        with h5py.File(path) as file:
            image = file["ships/data"].attrs["filenames"][5]
        assert numpy.array_equal(decoded((folder / "ships" / image).with_suffix(".png")), 255 - pixels)
        assert numpy.array_equal(decoded(folder / "boats" / "001.png"), 255 - pixels)
        context.keep(path, f"{name}-appended")


def four_thousand_images_agree(context):
    """1,000 ships and 3,000 others; h5py and hdfive index them at random."""
    tiles = context.work / "tiles"
    make = [sys.executable, str(__file__).replace("packed.py", "make_tiles.py"), str(tiles)]
    if not tiles.exists():
        subprocess.run(make, check=True)
    rng = random.Random(4000)
    for name, options in {"tiles": [], "tiles-compressed": ["--deflate", 4, "--shuffle"]}.items():
        path = pack(context, name, tiles, *options)
        with h5py.File(path) as file:
            for label, count in {"ships": 1000, "no_ships": 3000}.items():
                data = file[label]["data"]
                assert data.shape == (count, 80, 80, 3)
                picked = rng.sample(range(count), 200)
                ours = context.example("random_images", path, f"{label}/data", *picked)
                ours = numpy.frombuffer(ours, numpy.uint8).reshape(-1, 80, 80, 3)
                assert numpy.array_equal(ours, numpy.stack([data[index] for index in picked]))
                names = data.attrs["filenames"]
                for index in picked[:50]:
                    assert numpy.array_equal(data[index], decoded(tiles / label / names[index])), index


CHECKS = [
    h5py_reads_packed_images,
    h5py_reads_compressed_images,
    c_tools_read_packed_images,
    netcdf4_reads_packed_images,
    unpacked_images_are_identical,
    h5py_appends_to_packed_images,
    four_thousand_images_agree,
]
