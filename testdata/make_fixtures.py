#!/usr/bin/env python3
"""Write testdata/fixtures, testdata/drivers and testdata/broken with the reference library.

    python3 make_fixtures.py [NAME ...]      (without names: everything)

Next to each NAME.h5 stands NAME.json, what libhdf5 2.0 (through h5py) finds in
the file: the schema heads generate/truth.py. NAME.ddl is `h5dump NAME.h5` of
HDF5 1.10.8, run in that folder; there is none where 1.10.8 cannot read the file.
Where the dump is long, NAME.header.ddl (`h5dump -H NAME.h5`) stands in its place.
In drivers/ are files in several files, each named after its path there; the truth of each revision of an onion file is
NAME-REVISION.json, and there are dumps of all but these.
fixtures/README.md and drivers/README.md list what each shows. The versions are those of
requirements.txt. The bytes are the same on every run except for times that the
library cannot be told to leave out (object-times, superblock extensions) and a
few unused bytes in heaps.
"""

import os
import pathlib
import subprocess
import sys
import traceback

import h5py
import numpy

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
from generate import attributes, broken, drivers, files, groups, layouts, truth, types, zfp  # noqa: E402
from generate.base import DRIVEN, FIXTURES  # noqa: E402

WRITERS = [files, groups, attributes, layouts, types, drivers, zfp]
FOLDER, DRIVERS = HERE / "fixtures", HERE / "drivers"
PINNED = {"h5py": ("3.16.0", h5py.__version__), "numpy": ("2.4.6", numpy.__version__),
          "HDF5": ("2.0.0", h5py.version.hdf5_version)}  # fmt: skip
LARGEST_DDL = 60_000  # of a longer one only the header is kept


def check_versions():
    for name, (wanted, found) in PINNED.items():
        assert found == wanted, f"{name} {wanted} is needed, this is {found}"
    version = subprocess.run(["h5dump", "--version"], capture_output=True, text=True, check=True).stdout
    assert "1.10.8" in version, f"h5dump 1.10.8 is needed, this is {version}"


def dump(name, path, *driver):
    """NAME.ddl, or none (and no stale one) when h5dump 1.10.8 cannot read the file."""
    target = pathlib.Path(f"{name}.ddl")
    target.unlink(missing_ok=True)
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    short = pathlib.Path(f"{name}.header.ddl")
    short.unlink(missing_ok=True)

    def run(*options):
        done = subprocess.run(["h5dump", *driver, *options, path], env=env, capture_output=True, timeout=60)
        return done.stdout if done.returncode == 0 and not done.stderr else None

    text = run()
    if text is None:
        return "not read by h5dump 1.10.8"
    if len(text) <= LARGEST_DDL:
        target.write_bytes(text)
        return ""
    text = run("-H")
    if len(text) <= LARGEST_DDL:
        short.write_bytes(text)
        return "header only"
    return "dump left out: too long"


def one(name, bound, what, write):
    path = FOLDER / f"{name}.h5"
    path.unlink(missing_ok=True)
    options = write(path.name, bound) or {}
    truth.write_truth(path.name, path.name, bound, f"{name}.json", **options)
    note = dump(name, path.name)
    print(f"{path.stat().st_size:8} {name:40} {note}")
    return f"| {name} | {bound or ''} | {what} | {note} |\n"


def driven(name, bound, what, driver, path, fapl, write):
    for old in DRIVERS.glob(f"{path.split('%')[0]}*"):
        old.unlink()
    options = write(path, bound, fapl(bound)) or {}
    head = {"driver": driver}
    if "revisions" in options:
        for revision in range(options["revisions"]):
            truth.write_truth(path, path, bound, f"{name}-{revision}.json", fapl=fapl(bound, revision),
                              revision=revision, **head)  # fmt: skip
        note = "not dumped"
    else:
        truth.write_truth(path, path, bound, f"{name}.json", fapl=fapl(bound), **head)
        note = dump(name, path, f"--filedriver={driver}")
    print(f"{'':8} {name:40} {note}")
    return f"| {name} | {bound or ''} | {what} | {note} |\n"


def all_of(folder, entries, one, chosen, failed):
    """Writes the chosen entries (or all) into a folder; the lines of its table."""
    folder.mkdir(exist_ok=True)
    os.chdir(folder)  # external links and raw files are named relative to the file
    rows = []
    for entry in entries:
        if chosen and entry[0] not in chosen:
            continue
        try:
            rows.append(one(*entry))
        except Exception:  # tell of all that fail
            failed.append(entry[0])
            traceback.print_exc()
    return rows


def write_list(folder, title, rows):
    with open(folder / "README.md", "w") as out:
        out.write(f"# {title}\n\nWritten by ../make_fixtures.py: edit that, not this list.\n\n")
        out.write("| file | libver bound | shows | |\n|---|---|---|---|\n" + "".join(rows))


def main():
    check_versions()
    chosen, failed = set(sys.argv[1:]), []
    fixtures = all_of(FOLDER, FIXTURES, one, chosen, failed)
    drivers = all_of(DRIVERS, DRIVEN, driven, chosen, failed)
    if failed:
        sys.exit(f"failed: {' '.join(failed)}")
    if chosen:
        return
    write_list(FOLDER, "Fixtures", fixtures)
    write_list(DRIVERS, "Files in several files", drivers)
    broken.write(HERE / "broken", FOLDER)


if __name__ == "__main__":
    main()
