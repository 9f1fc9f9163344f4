#!/usr/bin/env python3
"""Cut testdata/images: real photographic 80x80 RGB tiles in two classes.

    python3 make_images.py [OUTDIR]          (default: images/ next to this script)

`ships` holds the boats on the lake of china.jpg and the space ship of rocket.jpg;
`no_ships` holds everything else. Every sixth tile is a JPEG (quality 95), the
others are PNG, so that a reader of the folder meets both. The photographs come
from the wheels pinned in requirements.txt; nothing is downloaded. Sources and
licences: images/LICENSES.md.
"""

import pathlib
import sys

import numpy as np
from PIL import Image

TILE = 80
PER_CLASS = 24

# Upper left corners (x, y) of the ship tiles, in the order of their numbers.
SHIP_CORNERS = [("rocket.jpg", x, y) for y in (118, 198, 278, 346) for x in (262, 282, 302)] + [
    ("china.jpg", x, y) for y in (216, 236, 252) for x in (334, 382, 424, 466)
]
OTHER_SOURCES = ["astronaut.png", "coffee.png", "chelsea.png", "flower.jpg", "retina.jpg", "hubble_deep_field.jpg"]


def photograph(name):
    """The photograph as an (h, w, 3) uint8 array, from the installed wheels."""
    import importlib.util

    def folder(package):  # without importing the package, which is slow
        return pathlib.Path(importlib.util.find_spec(package).origin).parent

    for path in (folder("skimage") / "data" / name, folder("sklearn") / "datasets" / "images" / name):
        if path.exists():
            return np.asarray(Image.open(path).convert("RGB"))
    raise FileNotFoundError(name)


def save(tile, folder, index):
    folder.mkdir(parents=True, exist_ok=True)
    if index % 6 == 5:
        Image.fromarray(tile).save(folder / f"{index:03}.jpg", quality=95)
    else:
        Image.fromarray(tile).save(folder / f"{index:03}.png", optimize=True)


def cut(image, x, y):
    tile = image[y : y + TILE, x : x + TILE]
    assert tile.shape == (TILE, TILE, 3), (tile.shape, x, y)
    return np.ascontiguousarray(tile)


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "images")
    cache = {name: photograph(name) for name in ["rocket.jpg", "china.jpg", *OTHER_SOURCES]}
    assert len(SHIP_CORNERS) == PER_CLASS
    for index, (name, x, y) in enumerate(SHIP_CORNERS):
        save(cut(cache[name], x, y), out / "ships", index)
    for index in range(PER_CLASS):
        image = cache[OTHER_SOURCES[index % len(OTHER_SOURCES)]]
        height, width = image.shape[:2]
        turn = index // len(OTHER_SOURCES)  # four tiles a photograph, around its middle
        x = (width * (2 + turn % 2 * 2)) // 6 - TILE // 2
        y = (height * (2 + turn // 2 * 2)) // 6 - TILE // 2
        save(cut(image, x, y), out / "no_ships", index)


if __name__ == "__main__":
    main()
