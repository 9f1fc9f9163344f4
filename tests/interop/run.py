#!/usr/bin/env python3
"""What hdfive writes, read and edited by the C library, and the other way round.

    run.py --bin target/release --work FOLDER [--reader "cargo test --quiet --test it"] [NAME ...]

--bin is where `h5` and `examples/` are; nothing is built here. In --work the files are kept. With --reader, hdfive's own
reader is compared with h5py on every file that the checks left (tests/it/fixtures does that for a folder that
HDFIVE_FIXTURES names), and the crash images of tests/it/durability.rs are opened. With NAMEs, only those checks run.
"""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "testdata")]

import check_crash_images  # noqa: E402
import drivers  # noqa: E402
import edits  # noqa: E402
import filters  # noqa: E402
import packed  # noqa: E402
import references  # noqa: E402
import rich  # noqa: E402
from generate import truth  # noqa: E402


class Context:
    """Where things are, and how the programs under test are run."""

    def __init__(self, options):
        self.bin = options.bin.resolve()
        self.work = options.work.resolve()
        self.reader = shlex.split(options.reader or "")
        self.images = ROOT / "testdata" / "images"
        self.truths = self.work / "truths"
        self.truths.mkdir(parents=True, exist_ok=True)

    def run(self, *command, **options):
        """Runs a program that must succeed and print no error; its output."""
        done = subprocess.run([str(part) for part in command], capture_output=True, timeout=1200, **options)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 0 and not said, f"{command}: exit code {done.returncode}\n{said[-2000:]}"
        return done.stdout

    def h5(self, *args):
        return self.run(self.bin / "h5", *args)

    def example(self, name, *args):
        return self.run(self.bin / "examples" / name, *args)

    def h5dump(self, path, *options):
        """What h5dump, of the C library, prints."""
        return self.run("h5dump", *options, path).decode()

    def keep(self, path, name):
        """Copies a file to those on which hdfive's reader is compared with h5py in the end."""
        target = self.truths / f"{name}.h5"
        target.write_bytes(path.read_bytes())
        truth.write_truth(target, target.name, None, target.with_suffix(".json"))


def test(context, name, **environment):
    """Runs one of the Rust tests, which must be there."""
    done = subprocess.run([*context.reader, name], cwd=ROOT, env={**os.environ, **environment}, capture_output=True)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, output[-6000:]
    assert "1 passed" in output, f"there is no test {name}\n{output[-2000:]}"


def hdfive_reads_what_h5py_reads(context):
    assert any(context.truths.glob("*.json"))
    test(context, "every_fixture_reads_as_the_c_library_reads_it", HDFIVE_FIXTURES=str(context.truths))


def h5py_opens_every_crash_image(context):
    folder = context.work / "crashes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    test(context, "every_crash_shows_the_last_flush_or_the_next", HDFIVE_CRASH_DIR=str(folder))
    assert check_crash_images.main(folder) == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--reader")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    context = Context(options)
    checks = [*packed.CHECKS, *rich.CHECKS, *references.CHECKS, *edits.CHECKS, *drivers.CHECKS, *filters.CHECKS]
    if options.reader:
        checks += [h5py_opens_every_crash_image, hdfive_reads_what_h5py_reads]
    failed = passed = 0
    for check in checks:
        name = check.__name__
        if options.names and not any(wanted in name for wanted in options.names):
            continue
        try:
            check(context)
            passed += 1
            print(f"ok      {name}", flush=True)
        except Exception:  # a failure of one check must not hide the others
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
