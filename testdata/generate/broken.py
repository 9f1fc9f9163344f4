"""testdata/broken: inputs that must be refused with one clear line."""

import struct


def write(folder, fixtures):
    folder.mkdir(exist_ok=True)
    whole = (fixtures / "superblock3-v110.h5").read_bytes()
    old = (fixtures / "superblock0.h5").read_bytes()
    flipped = bytearray(whole)
    flipped[40] ^= 1  # in the superblock, under its checksum
    root = bytearray(whole)
    root[struct.unpack_from("<Q", whole, 36)[0] + 6] ^= 1  # in the root group's header
    version = bytearray(whole)
    version[8] = 9
    for name, data in {
        "empty.h5": b"",
        "text.h5": b"This is not an HDF5 file, whatever its name says.\n" * 20,
        "hdf4.hdf": b"\x0e\x03\x13\x01" + bytes(508),
        "netcdf3.nc": b"CDF\x01" + bytes(508),
        "netcdf3-64bit.nc": b"CDF\x02" + bytes(508),
        "netcdf3-cdf5.nc": b"CDF\x05" + bytes(508),
        "signature-only.h5": whole[:8],
        "truncated-superblock.h5": whole[:30],
        "truncated-root.h5": whole[:60],
        "truncated-half.h5": whole[: len(whole) // 2],
        "truncated-last-byte.h5": whole[:-1],
        "truncated-old-superblock.h5": old[:40],
        "truncated-old-half.h5": old[: len(old) // 2],
        "superblock-version-9.h5": bytes(version),
        "superblock-checksum.h5": bytes(flipped),
        "root-checksum.h5": bytes(root),
        "text-mode-transfer.h5": whole.replace(b"\r\n", b"\n"),
    }.items():
        (folder / name).write_bytes(data)
