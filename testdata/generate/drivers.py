"""Files of more than one part, and files of other writers."""

import numpy as np

from .base import access, create, dataset, dataset_plist, fixture, ramp


@fixture("netcdf4", "a netCDF-4 file: dimension scales, unlimited dimension, groups, strings, compression")
def netcdf4(path, bound):
    import netCDF4

    with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
        file.title = "a netCDF-4 file"
        for name, size in (("time", None), ("lat", 4), ("lon", 6)):
            file.createDimension(name, size)
            axis = file.createVariable(name, "f8", (name,))
            axis.units = "degrees"
            axis[:] = np.arange(size or 3)
        air = file.createVariable("air", "i2", ("time", "lat", "lon"), zlib=True, complevel=4, shuffle=True, fill_value=-999)
        air.scale_factor = np.float32(0.5)
        air.set_auto_maskandscale(False)
        air[:] = ramp(3, 4, 6, dtype="<i2")
        inner = file.createGroup("inner")
        inner.createDimension("n", 2)
        names = inner.createVariable("names", str, ("n",))
        names[:] = np.array(["one", "zwei €"], object)
        inner.createVariable("scalar", "u4")[...] = 7


@fixture("alignment", "objects of 1 KiB and more aligned to 4 KiB", "v110")
def alignment(path, bound):
    with create(path, bound, fapl=access(bound, set_alignment=(1024, 4096))) as file:
        for i in range(3):
            dataset(file, f"d{i}", "<i4", (300 + i,), ramp(300 + i))
        dataset(file, "chunked", "<i4", (40, 40), ramp(40, 40), dcpl=dataset_plist(set_chunk=((20, 20),)))
