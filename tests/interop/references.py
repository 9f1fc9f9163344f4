"""The references that examples/references.rs writes, followed by libhdf5 through h5py."""

import json

import h5py
import numpy
from generate import truth

BLOCK = {"object": "/data", "blocks": [[[1, 2], [2, 4]]]}
PATTERN = {"object": "/data", "blocks": [[[row, column]] * 2 for row in (0, 2, 4) for column in (1, 4, 7)]}
EVERYTHING = {"object": "/data", "blocks": [[[0, 0], [5, 7]]]}
POINTS = {"object": "/data", "points": [[0, 0], [5, 7], [2, 3]]}
NOTHING = {"object": "/data", "all": False}
ALL = {"object": "/data", "all": True}
UNIT = {"object": "/data", "attribute": "unit"}
WEATHER = {"object": "/group/inner", "attribute": "weather"}
STANDARD = [{"object": "/data"}, BLOCK, UNIT, None, WEATHER, POINTS]

# What the references of each dataset, or attribute, lead to.
EXPECTED = {
    "/objects": ["/data", "/group", "/group/inner", "/", None],
    "/arrays": [["/data", "/group/inner"], [None, "/"]],
    "/sequences": [["/group/inner", "/data"], [], ["/"]],
    "/group@object": ["/data"],
    "/group@DIMENSION_LIST": [["/data"], []],
    "/regions": [BLOCK, PATTERN, EVERYTHING, POINTS, NOTHING, None],
    "/@region": [PATTERN],
    "/region arrays": [[BLOCK, None], [POINTS, PATTERN]],
    "/region sequences": [[PATTERN, None], []],
    "/sightings": [
        {"day": 3, "ship": "/group", "where_seen": BLOCK},
        {"day": 4, "ship": None, "where_seen": None},
        {"day": 5, "ship": "/data", "where_seen": POINTS},
    ],
}
# Those of HDF5 1.12.
EXPECTED_NEW = {
    "/standard": STANDARD,
    "/@standard": STANDARD,
    "/standard compound": [{"0": 1, "1": UNIT}, {"0": 2, "1": None}, {"0": 3, "1": BLOCK}],
    "/standard sequences": [STANDARD[:3], [], STANDARD[3:]],
    "/standard arrays": [[STANDARD[0], WEATHER]],
    "/regions without rank": [ALL, NOTHING],
    "/standard without rank": [ALL, NOTHING, ALL, NOTHING],
}


def libhdf5_follows_our_references(context):
    for bound, expected in {"earliest": EXPECTED, "v114": {**EXPECTED, **EXPECTED_NEW}}.items():
        path = context.work / f"references-{bound}.h5"
        path.unlink(missing_ok=True)
        context.example("references", path, bound)
        found = path.with_suffix(".json")
        truth.write_truth(path, path.name, None, found)
        objects = json.loads(found.read_text())["objects"]
        for where, values in expected.items():
            name, _, attribute = where.partition("@")
            place = objects[name]["attrs"][attribute] if attribute else objects[name]
            assert place["values"] == values, (bound, where, place["values"])


def h5py_reads_by_our_references(context):
    sea = numpy.arange(48, dtype="<i4").reshape(6, 8)
    with h5py.File(context.work / "references-earliest.h5") as file:
        objects, regions = file["objects"], file["regions"]
        assert h5py.check_ref_dtype(objects.dtype) is h5py.Reference
        assert h5py.check_ref_dtype(regions.dtype) is h5py.RegionReference
        assert numpy.array_equal(file[objects[0]][...], sea) and not objects[4]
        data = file[regions[0]]
        assert data == file["data"] and numpy.array_equal(data[regions[0]], sea[1:3, 2:5])
        assert data[file.attrs["region"]].ravel().tolist() == sea[::2, 1:8:3].ravel().tolist()
        assert data[regions[3]].tolist() == [0, 47, 19] and not regions[5]
    dump = context.h5dump(context.work / "references-earliest.h5")
    for text in ("(1,2)-(2,4)", "(0,0), (5,7), (2,3)", "NULL"):
        assert text in dump, text


CHECKS = [libhdf5_follows_our_references, h5py_reads_by_our_references]
