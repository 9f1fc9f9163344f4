#!/usr/bin/env python3
"""Make a folder of 80x80 RGB PNG tiles: OUTDIR/ships (1,000) and OUTDIR/no_ships (3,000).

    python3 make_tiles.py OUTDIR [SHIPS NO_SHIPS]

The tiles are crops, at offsets from a fixed seed, of the photographs that
testdata/make_images.py uses: the pixels are the same on every run. All tiles of
a run differ (a repeated corner of a photograph is skipped).
"""

import pathlib
import random
import sys

from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "testdata"))
from make_images import OTHER_SOURCES, TILE, cut, photograph  # noqa: E402

# (photograph, x range, y range) of the upper left corners of ship tiles.
SHIP_AREAS = [("china.jpg", (334, 466), (210, 256)), ("rocket.jpg", (255, 310), (110, 347))]


def corners(areas, images, rng):
    """An endless sequence of (photograph, x, y), none of them twice."""
    seen = set()
    while True:
        name, xs, ys = areas[rng.randrange(len(areas))]
        height, width = images[name].shape[:2]
        x = rng.randint(*(xs or (0, width - TILE)))
        y = rng.randint(*(ys or (0, height - TILE)))
        if (name, x, y) not in seen:
            seen.add((name, x, y))
            yield name, x, y


def main():
    out = pathlib.Path(sys.argv[1])
    counts = [int(a) for a in sys.argv[2:4]] or [1000, 3000]
    classes = {"ships": SHIP_AREAS, "no_ships": [(name, None, None) for name in OTHER_SOURCES]}
    for (label, areas), count in zip(classes.items(), counts):
        images = {name: photograph(name) for name, _, _ in areas}
        source = corners(areas, images, random.Random(label))
        folder = out / label
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            name, x, y = next(source)
            Image.fromarray(cut(images[name], x, y)).save(folder / f"{index:04}.png", compress_level=1)


if __name__ == "__main__":
    main()
