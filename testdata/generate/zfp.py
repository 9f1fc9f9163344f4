"""ZFP, filter 32013, as the plug-in of hdf5plugin writes it."""

import hdf5plugin
import numpy as np

from .base import noise, written

MODES = {
    "rate": {"rate": 9.5},
    "precision": {"precision": 14},
    "accuracy": {"accuracy": 1e-3},
    "reversible": {"reversible": True},
    "expert": {"minbits": 40, "maxbits": 500, "maxprec": 30, "minexp": -12},
}
# By rank: shape and chunk, neither a multiple of 4.
SHAPES = {1: ((21,), (10,)), 2: ((9, 7), (6, 5)), 3: ((5, 6, 7), (5, 3, 6)), 4: ((3, 5, 4, 6), (3, 1, 4, 5))}


def smooth(shape, dtype):
    count = int(np.prod(shape))
    return (np.sin(np.arange(count) / 5) * 1000 + np.arange(count) % 3).astype(dtype).reshape(shape)


@written("filters-zfp", "ZFP: each mode with each type, each rank with each; and values that only reversible mode keeps", "v110")
def zfp(file):
    for row, dtype in enumerate(["<i4", "<i8", "<f4", "<f8"]):
        for column, (mode, options) in enumerate(MODES.items()):
            shape, chunk = SHAPES[(row + column) % 4 + 1]
            name = f"{dtype[1:]} {len(shape)} {mode}"
            file.create_dataset(name, data=smooth(shape, dtype), chunks=chunk, **hdf5plugin.Zfp(**options))
        anything = noise(3, 11, dtype=dtype, key="zfp").copy()
        if dtype[1] == "f":
            anything.flat[::6] = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).smallest_subnormal, 0]
        file.create_dataset(f"{dtype[1:]} anything", data=anything, chunks=(2, 7), **hdf5plugin.Zfp(reversible=True))
