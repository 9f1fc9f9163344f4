"""Runs each workload with h5py and with hdfive in turn, and prints the ratios of the best times.

    python compare.py target/release/compare [--folder DIR] [--rounds 3] [WORKLOAD ...]

A process each; files are in the page cache for both. Needs h5py and numpy.
"""

import argparse
import subprocess
import sys
import tempfile
import time

WORKLOADS = [
    "images-write", "images-read", "cube-contiguous-write", "cube-chunked-write", "cube-deflate-write",
    "cube-contiguous-read", "cube-chunked-read", "cube-deflate-read", "small-write", "small-walk",
]  # fmt: skip
IMAGES, IMAGE, CUBE, CHUNK = 4000, (80, 80, 3), (256, 512, 512), (4, 256, 256)


def cube(np):
    z, y, x = np.ogrid[: CUBE[0], : CUBE[1], : CUBE[2]]
    at = np.arange(np.prod(CUBE), dtype=np.uint64).reshape(CUBE)
    noise = ((at * np.uint64(0x9E3779B9) >> np.uint64(7)) & np.uint64(0xFF)).astype("f4") / np.float32(4096)
    return (np.sin(x / 50.0) + np.cos(y / 70.0) + z / 100.0).astype("f4") + noise


def h5py_side(workload, folder):
    import h5py
    import numpy as np

    def path(name):
        return f"{folder}/h5py-{name}.h5"

    if workload == "images-write":
        image = (np.arange(np.prod(IMAGE)) * 7 % 251).astype("u1").reshape(IMAGE)
        start = time.perf_counter()
        with h5py.File(path("images"), "w") as f:
            data = f.create_dataset("ships/data", (IMAGES, *IMAGE), "u1")
            for nth in range(IMAGES):
                data[nth] = image
    elif workload == "images-read":
        start, total = time.perf_counter(), 0
        with h5py.File(path("images")) as f:
            data = f["ships/data"]
            for nth in range(IMAGES):
                total += int(data[nth * 2654435761 % IMAGES].flat[nth % 19200])
    elif workload.startswith("cube-") and workload.endswith("-write"):
        kind = workload.split("-")[1]
        options = {"contiguous": {}, "chunked": {"chunks": CHUNK},
                   "deflate": {"chunks": CHUNK, "shuffle": True, "compression": 4}}[kind]  # fmt: skip
        values = cube(np)
        start = time.perf_counter()
        with h5py.File(path(kind), "w", libver=("v110", "v110")) as f:
            f.create_dataset("cube", data=values, **options)
    elif workload.startswith("cube-"):
        buffer = np.ones(CUBE, "f4")
        start = time.perf_counter()
        with h5py.File(path(workload.split("-")[1])) as f:
            f["cube"].read_direct(buffer)
    elif workload == "small-write":
        start = time.perf_counter()
        with h5py.File(path("small"), "w", libver=("v110", "v110")) as f:
            for g in range(100):
                group = f.create_group(f"group{g:03}")
                for nth in range(200):
                    data = group.create_dataset(f"data{nth:03}", data=np.full(10, float(nth)))
                    data.attrs["number"] = nth
                    data.attrs["scale"] = 0.5
    elif workload == "small-walk":
        start, total = time.perf_counter(), 0.0
        with h5py.File(path("small")) as f:
            for group in f.values():
                for data in group.values():
                    total += data[()][3] + data.attrs["number"] + data.attrs["scale"]
    else:
        sys.exit(f"there is no workload {workload}")
    print(time.perf_counter() - start)


def seconds(command):
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--h5py", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.h5py:
        return h5py_side(options.binary, options.folder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        print("| workload | h5py (s) | hdfive (s) | times as fast |\n| --- | ---: | ---: | ---: |")
        for workload in options.workloads or WORKLOADS:
            theirs, ours = [], []
            for _ in range(options.rounds):
                theirs.append(seconds([sys.executable, __file__, workload, "--folder", folder, "--h5py"]))
                ours.append(seconds([options.binary, workload, folder]))
            a, b = min(theirs), min(ours)
            print(f"| {workload} | {a:.3f} | {b:.3f} | {a / b:.1f} |", flush=True)
        if "cube-contiguous-read" in (options.workloads or WORKLOADS):
            for call in ["pread", "pwrite"]:
                print(f"\n{call} alone: {min(seconds([options.binary, call, folder]) for _ in range(options.rounds)):.3f} s")


if __name__ == "__main__":
    main()
