"""Files that h5py makes, edited by examples/edit.rs and h5py in turn."""

import h5py
import numpy
from generate.truth import comment

BOUNDS = [("v110", "v110"), ("v112", "v112"), ("v114", "v114"), ("latest", "latest")]


def make(path, libver, **more):
    """What examples/edit.rs edits."""
    with h5py.File(path, "w", libver=libver, **more) as file:
        file.attrs["round"] = numpy.int64(0)
        dense = file.create_group("dense")
        for nth in range(120):
            dense.create_group(f"group {nth:03}")
            dense.attrs[f"attribute {nth:03}"] = numpy.int64(nth)
        file.create_dataset("contiguous", data=numpy.arange(200, dtype="<i4").reshape(20, 10))
        dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        dcpl.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((9,))
        h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I32LE, space, dcpl).write(
            h5py.h5s.ALL, h5py.h5s.ALL, numpy.arange(9, dtype="<i4"))  # fmt: skip
        file.create_dataset("chunked", data=numpy.arange(400, dtype=">i4").reshape(20, 20), chunks=(6, 7),
                            compression="gzip", shuffle=True, fletcher32=True)  # fmt: skip
        file.create_dataset("texts", data=[f"text {nth}" for nth in range(10)], dtype=h5py.string_dtype())
        file.create_dataset("log", data=numpy.arange(100.0), chunks=(32,), maxshape=(None,), compression="gzip")
        file.create_dataset("plane", data=numpy.ones((10, 10), "<i2"), chunks=(4, 4), maxshape=(None, None), fillvalue=-5)
        file.create_dataset("shrinking", data=numpy.arange(1000), chunks=(50,), maxshape=(1000,))


class Model:
    """What the file holds, after the same edits to arrays in memory."""

    def __init__(self, file):
        self.names = ["contiguous", "compact", "chunked", "log", "plane", "shrinking"]
        self.arrays = {name: file[name][...] for name in self.names}
        self.texts = list(file["texts"].asstr())
        self.attributes = dict(file["dense"].attrs.items())
        self.members = {name: file["dense"].get(name, getlink=True) for name in file["dense"]}

    def edit(self, number):
        """The edits of one round of examples/edit.rs."""
        arrays = self.arrays
        arrays["contiguous"][number] = number * 1000
        arrays["compact"][::3] = number * 1000
        arrays["chunked"][:, ::3] = (numpy.arange(140) * number).reshape(20, 7)
        self.texts[number] = f"Runde {number}: " + "ä" * 300
        arrays["log"] = numpy.concatenate([arrays["log"], numpy.arange(333) + number / 8])
        plane = arrays["plane"]
        grown = numpy.full((plane.shape[0] + 5, plane.shape[1] + 7), -5, plane.dtype)
        grown[: plane.shape[0], : plane.shape[1]] = plane
        grown[plane.shape[0] :, plane.shape[1] :] = numpy.arange(35).reshape(5, 7) + number
        arrays["plane"] = grown
        arrays["shrinking"] = arrays["shrinking"][:-150]
        for nth in range(12):
            self.attributes[f"ours {number} {nth:02}"] = number * 100 + nth
        self.attributes[f"texts {number}"] = ["vier", "größer als fünf"]
        del self.attributes[f"attribute {10 * number:03}"]
        self.attributes[f"renamed {number}"] = self.attributes.pop(f"attribute {10 * number + 1:03}")
        self.attributes[f"attribute {10 * number + 2:03}"] = -number
        for name in [f"group {10 * number:03}", f"group {10 * number + 1:03}"]:
            del self.members[name]
        for name in ["added", "hard", "soft", "external"]:
            self.members[f"{name} {number}"] = None

    def check(self, file, number):
        """That h5py finds all this in the file."""
        for name in self.names:
            assert numpy.array_equal(file[name][...], self.arrays[name]), name
        assert list(file["texts"].asstr()) == self.texts
        dense = file["dense"]
        assert set(dense.attrs) == set(self.attributes), set(dense.attrs) ^ set(self.attributes)
        for name, value in self.attributes.items():
            assert numpy.array_equal(dense.attrs[name], value), (name, dense.attrs[name], value)
        assert set(dense) == set(self.members), set(dense) ^ set(self.members)
        assert file.attrs["round"] == number
        added = dense[f"added {number}"]
        assert added["numbers"][...].tolist() == [[number, 2], [3, 4]]
        assert len(added) == 22 and isinstance(added["moved"], h5py.Group)
        assert dense[f"hard {number}"] == file["contiguous"] and dense[f"soft {number}"] == file["chunked"]
        assert dense.get(f"external {number}", getlink=True).filename == "other.h5"
        assert comment(dense.id) == f"edited {number} times"


def edit_with_h5py(file, model, number):
    """A round of edits by h5py."""
    dense = file["dense"]
    for nth in range(15):
        dense.attrs[f"theirs {number} {nth}"] = model.attributes[f"theirs {number} {nth}"] = nth
        dense.create_group(f"theirs {number} {nth}")
        model.members[f"theirs {number} {nth}"] = None
    del dense.attrs[f"ours {number} 03"], model.attributes[f"ours {number} 03"]
    del dense[f"hard {number}"], model.members[f"hard {number}"]
    for name in ["log", "plane"]:
        grown = numpy.concatenate([model.arrays[name], model.arrays[name][:7] + 1])
        file[name].resize(grown.shape)
        file[name][...] = model.arrays[name] = grown
    file["chunked"][3:9, 5:] = model.arrays["chunked"][3:9, 5:] = -number
    file["texts"][9] = model.texts[9] = "h5py " * number
    dense[f"added {number}"].attrs["seen"] = True


def edited_in_turn(context, low, high):
    path = context.work / f"edits-{low}.h5"
    make(path, (low, high))
    with h5py.File(path) as file:
        model = Model(file)
    for number in [1, 2, 3]:
        context.example("edit", path)
        model.edit(number)
        with h5py.File(path) as file:
            model.check(file, number)
        context.keep(path, f"edits-{low}-ours-{number}")
        with h5py.File(path, "r+", libver=(low, high)) as file:
            edit_with_h5py(file, model, number)
        context.keep(path, f"edits-{low}-theirs-{number}")
    if low == "v110":  # the C tools here are those of HDF5 1.10
        context.h5dump(path)


def check_of(low, high):
    def check(context):
        edited_in_turn(context, low, high)

    check.__name__ = f"hdfive_and_h5py_edit_in_turn_{low}"
    return check


CHECKS = [check_of(low, high) for low, high in BOUNDS]
