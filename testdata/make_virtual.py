#!/usr/bin/env python3
"""Writes virtual/references.h5: virtual datasets whose sources, in files of fixtures/, hold references.

h5py gives references of such a dataset as if they led into its own file; h5dump 1.14 follows them into the source's.
"""

import os
import pathlib

import h5py

FOLDER = pathlib.Path(__file__).parent / "virtual"


def virtual(file, name, path, dataset, of=None):
    """A virtual dataset of a whole other, which has the type of that or of what that is made `of`."""
    with h5py.File(of[0] if of else path) as other:
        found = h5py.h5d.open(other.id, (of[1] if of else dataset).encode())
        kind, shape = found.get_type(), found.shape
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_obj_track_times(False)
        space = h5py.h5s.create_simple(shape)
        plist.set_virtual(space, path.encode(), dataset.encode(), space)
        h5py.h5d.create(file.id, name.encode(), kind, space, plist)


FOLDER.mkdir(exist_ok=True)
os.chdir(FOLDER)
OLD, NEW = "../fixtures/types-references-v110.h5", "../fixtures/types-references-new-v114.h5"
with h5py.File("references.h5", "w", libver=("v110", "v114")) as out:
    virtual(out, "objects", OLD, "objects")
    virtual(out, "regions", OLD, "regions")
    virtual(out, "standard", NEW, "references")
    virtual(out, "nested", ".", "regions", (OLD, "regions"))
