"""Opens every image that tests/it/durability.rs keeps in HDFIVE_CRASH_DIR with h5py, without repair.

Every object's data, and each of its attributes, must be as in the last completed flush, or as in the
next one. (Other readers than hdfive may see the data of one flush with the attributes of the other.)
Usage: check_crash_images.py DIRECTORY
"""

import pathlib
import re
import sys

import h5py
import numpy


def attributes(item):
    line = ""
    for name in sorted(item.attrs):
        value = item.attrs[name]
        if isinstance(value, str):
            line += f' {name}=["{value}"]'
        else:
            line += f" {name}=[{int(value)}]"
    return line


def content(path):
    found = {}
    with h5py.File(path, "r") as file:
        found["/"] = "group" + attributes(file)

        def visit(name, item):
            if isinstance(item, h5py.Group):
                found[f"/{name}/"] = "group" + attributes(item)
            else:
                values = item[()].ravel()
                total = int((values * numpy.arange(1, values.size + 1)).sum())
                found[f"/{name}"] = f"dataset {list(item.shape)} {total}" + attributes(item)

        # Not visititems: an object with two names has two lines.
        def walk(group, prefix):
            for name in group:
                visit(prefix + name, group[name])
                if isinstance(group[name], h5py.Group):
                    walk(group[name], f"{prefix}{name}/")

        walk(file, "")
    return found


def facets(lines):
    """The data of each object, and each attribute, by path and name."""
    found = {}
    for path, line in lines.items():
        data, *attrs = re.split(r" (?=[^\[\] ]+=\[)", line)
        found[path] = data
        for attr in attrs:
            name, value = attr.split("=", 1)
            found[f"{path}@{name}"] = value
    return found


def expected(path):
    return dict(line.rstrip("\n").split("\t", 1) for line in path.open(encoding="utf-8"))


def main(directory):
    images = sorted(pathlib.Path(directory).glob("*.h5"))
    failures = 0
    for image in images:
        last, following = (facets(expected(image.with_suffix(suffix))) for suffix in (".last", ".next"))
        try:
            found = facets(content(image))
        except Exception as error:  # any failure to read is what is looked for
            print(f"{image.name}: {error}")
            failures += 1
            continue
        for path in sorted(last.keys() | following.keys() | found.keys()):
            if found.get(path) not in (last.get(path), following.get(path)):
                print(f"{image.name}: {path}: {found.get(path)!r}, not {last.get(path)!r}")
                failures += 1
    print(f"{len(images)} crash images, {failures} failures")
    return 1 if failures or not images else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
