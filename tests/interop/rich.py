"""The file that examples/rich.rs writes, read by others, and edited by h5py."""

import math
import shutil

import h5py
import numpy
from generate.truth import comment

VALUES = numpy.arange(60, dtype="<i4").reshape(6, 10)
LAYOUTS = ["contiguous", "compact", "single", "fixed_array", "implicit", "extensible_array"]


def others_read_the_rich_file(context):
    path = context.work / "rich.h5"
    path.unlink(missing_ok=True)
    context.example("rich", path)
    with h5py.File(path) as file:
        check_layouts(file["layouts"])
        check_types(file["types"])
        check_groups(file)
    context.keep(path, "rich")


def check_layouts(group):
    for name in LAYOUTS:
        assert numpy.array_equal(group[name][...], VALUES), name
        assert numpy.array_equal(group[name][1:5:2, 3:], VALUES[1:5:2, 3:]), name
    half = VALUES.copy()
    half[3:] = -1
    assert numpy.array_equal(group["btree2"][...], half)
    assert (group["never_written"][...] == 0.5).all() and group["never_written"].shape == (1000,)
    assert group["contiguous"].chunks is None and group["fixed_array"].chunks == (4, 4)
    assert group["fixed_array"].shuffle and group["fixed_array"].fletcher32
    assert group["fixed_array"].compression_opts == 6
    assert group["extensible_array"].maxshape == (None, 10) and group["btree2"].maxshape == (None, None)


def check_types(group):
    assert list(group["i8"]) == [1, -2, 3] and group["i8"].dtype == numpy.int8
    assert list(group["u64"]) == [2**64 - 1, 0] and group["u64"].dtype == numpy.uint64
    assert group["f32"][0] == 1.5 and math.isnan(group["f32"][1])
    assert group["bool"].dtype == bool and list(group["bool"]) == [True, False]
    assert list(group["strings"].asstr()) == ["", "größer", "plain"]
    assert [list(each) for each in group["sequences"]] == [[1, 2], [], [3]]
    assert group["arrays"][...].tolist() == [[1, 2, 3], [4, 5, 6]]
    ships = group["ships"][...]
    assert ships.dtype.names == ("length", "masts", "class", "name")
    assert ships["name"].tolist() == [b"Gull", "Möwe".encode()] and ships["length"].tolist() == [12.5, 31]
    assert h5py.check_enum_dtype(ships.dtype["class"]) == {"Sloop": 1, "Brig": 2}
    assert ships["class"].tolist() == [1, 2]
    assert group["scalar"][()] == 42 and group["scalar"].shape == ()


def check_groups(file):
    many = file["many"]
    assert list(many) == [f"group {nth:04}" for nth in range(1000)]
    assert {name: int(value) for name, value in many.attrs.items()} == {
        f"attribute {nth:03}": nth for nth in range(100)}  # fmt: skip
    links = file["links/deep"]
    assert links["soft"] == file["types/i8"] and links["hard"] == file["types/u64"]
    assert links.get("dangling", getlink=True).path == "/nowhere"
    external = links.get("external", getlink=True)
    assert (external.filename, external.path) == ("other.h5", "/data")
    assert list(links.attrs["names"]) == ["a", "b"] and links.attrs["scale"] == 2.5
    assert comment(links.id) == "what a ship sees"


def c_tools_read_the_rich_file(context):
    path = context.work / "rich.h5"
    dump = context.h5dump(path)
    assert context.h5dump(path, "-d", "/layouts/fixed_array").count("50, 51, 52") == 1
    assert "group 0999" in dump and "attribute 099" in dump and "EXTERNAL_LINK" in dump
    context.run("h5stat", path)
    listing = context.run("h5ls", "-r", path).decode()
    assert "/many/group\\ 0500" in listing, listing[:500]
    copy = context.work / "rich-copied.h5"
    copy.unlink(missing_ok=True)
    context.run("h5repack", path, copy)  # reads all, with all filters
    with h5py.File(copy) as file:
        check_layouts(file["layouts"])
        check_types(file["types"])


def edit(file, mark):
    """Appends to and edits every part of the rich file."""
    layouts = file["layouts"]
    growing = layouts["extensible_array"]
    growing.resize(growing.shape[0] + 500, axis=0)
    growing[-500:] = numpy.arange(5000).reshape(500, 10)
    growing[2, 3] = -7
    layouts["btree2"].resize((12, 31))
    layouts["btree2"][5:12, 7:31] = numpy.arange(168).reshape(7, 24)
    layouts["btree2"].resize((10, 31))
    for name in LAYOUTS[:5]:
        layouts[name][1:3, 2:9] = numpy.arange(14).reshape(2, 7) - 100
    layouts["never_written"][17] = 1.25
    types = file["types"]
    types["strings"][0] = "a string that was empty " * 20
    types["sequences"][1] = numpy.arange(1000, dtype=numpy.uint16)
    types["scalar"][()] = -1
    ship = types["ships"][1]
    ship["length"] = 99
    types["ships"][1] = ship
    many = file["many"]
    for nth in range(0, 1000, 3):
        del many[f"group {nth:04}"]
    for nth in range(0, 100, 7):
        del many.attrs[f"attribute {nth:03}"]
        many.attrs[f"new {mark} {nth}"] = "text" * nth
    many.attrs.modify("attribute 001", numpy.int32(-1))
    many.attrs["attribute 002"] = numpy.arange(100)
    for nth in range(300):
        many.create_group(f"added {mark} {nth}")
    few = file.create_group(f"few {mark}")
    for nth in range(12):  # more than are kept in the header
        few.attrs[f"a{nth}"] = nth
        types["i8"].attrs[f"{mark} {nth}"] = [nth, nth + 1]
    few.create_dataset("chunked", data=numpy.arange(1000.0), chunks=(64,), maxshape=(None,), compression="gzip")
    few.create_dataset("texts", data=["x", "yy", "ü" * 5000], dtype=h5py.string_dtype())
    few["hard"] = layouts["contiguous"]
    few["soft"] = h5py.SoftLink("/types/ships")
    file.move("links/deep", f"links/{mark}")
    del file["types/u64"]


def h5py_edits_the_rich_file(context):
    for mark, options in {"earliest": {}, "latest": {"libver": "latest"}}.items():
        path = context.work / f"rich-{mark}.h5"
        shutil.copy(context.work / "rich.h5", path)
        with h5py.File(path, "r+", **options) as file:
            edit(file, mark)
        if not options:
            context.h5dump(path)
        context.keep(path, f"rich-{mark}")
        ours = context.h5("ls", "-r", path).decode()
        assert f"/few\\ {mark}/texts" in ours, ours[-2000:]


CHECKS = [others_read_the_rich_file, c_tools_read_the_rich_file, h5py_edits_the_rich_file]
