"""Runs each workload with h5py and with hdfive in turn, and prints the ratios of the best times.

    python compare.py target/release/compare [--folder DIR] [--rounds 5] [--cpu] [WORKLOAD ...]

A process each, in alternating order, the first round not counted: files are in the page cache and exist
when they are written, for both. The contiguous workloads run beside one `pread` or `pwrite` of as many
bytes. With --cpu the processor time of the busiest thread is compared, for a machine that others use.
The last column is the memory that hdfive needed beyond the data itself. Needs h5py and numpy.
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
        start = clock()
        with h5py.File(path("images"), "w") as f:
            data = f.create_dataset("ships/data", (IMAGES, *IMAGE), "u1")
            for nth in range(IMAGES):
                data[nth] = image
    elif workload == "images-read":
        start, total = clock(), 0
        with h5py.File(path("images")) as f:
            data = f["ships/data"]
            for nth in range(IMAGES):
                total += int(data[nth * 2654435761 % IMAGES].flat[nth % 19200])
    elif workload.startswith("cube-") and workload.endswith("-write"):
        kind = workload.split("-")[1]
        options = {"contiguous": {}, "chunked": {"chunks": CHUNK},
                   "deflate": {"chunks": CHUNK, "shuffle": True, "compression": 4}}[kind]  # fmt: skip
        values = cube(np)
        start = clock()
        with h5py.File(path(kind), "w", libver=("v110", "v110")) as f:
            f.create_dataset("cube", data=values, **options)
    elif workload.startswith("cube-"):
        buffer = np.ones(CUBE, "f4")
        start = clock()
        with h5py.File(path(workload.split("-")[1])) as f:
            f["cube"].read_direct(buffer)
    elif workload == "small-write":
        start = clock()
        with h5py.File(path("small"), "w", libver=("v110", "v110")) as f:
            for g in range(100):
                group = f.create_group(f"group{g:03}")
                for nth in range(200):
                    data = group.create_dataset(f"data{nth:03}", data=np.full(10, float(nth)))
                    data.attrs["number"] = nth
                    data.attrs["scale"] = 0.5
    elif workload == "small-walk":
        start, total = clock(), 0.0
        with h5py.File(path("small")) as f:
            for group in f.values():
                for data in group.values():
                    total += data[()][3] + data.attrs["number"] + data.attrs["scale"]
    else:
        sys.exit(f"there is no workload {workload}")
    print(*(now - then for now, then in zip(clock(), start)))


def clock():
    return time.perf_counter(), time.process_time()


def costs(command):
    return [float(cost) for cost in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--h5py", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_intermixed_args()
    if options.h5py:
        return h5py_side(options.binary, options.folder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        print("| workload | h5py (s) | hdfive (s) | times as fast | one call (s) | memory (MiB) |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for workload in options.workloads or WORKLOADS:
            sides = {
                "theirs": [sys.executable, __file__, workload, "--folder", folder, "--h5py"],
                "ours": [options.binary, workload, folder],
            }
            if workload.startswith("cube-contiguous"):
                sides["call"] = [options.binary, "p" + workload.split("-")[2], folder]
            found = {side: [] for side in sides}
            for number in range(options.rounds + 1):
                for side in sorted(sides, reverse=number % 2 == 0):
                    cost = costs(sides[side])
                    if number > 0:
                        found[side].append(cost)
            # h5py has one thread: all of its processor time is that of the busiest.
            column = {"theirs": 1, "ours": 2, "call": 2} if options.cpu else dict.fromkeys(sides, 0)
            best = {side: min(cost[column[side]] for cost in found[side]) for side in found}
            call = f"{best['call']:.3f}" if "call" in best else ""
            memory = max(cost[3] for cost in found["ours"])
            print(
                f"| {workload} | {best['theirs']:.3f} | {best['ours']:.3f} | {best['theirs'] / best['ours']:.1f} "
                f"| {call} | {memory:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
