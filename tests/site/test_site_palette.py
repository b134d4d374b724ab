"""Colours can be told apart with every kind of colour vision, in light and in dark.

Colour-blindness is simulated by the matrices of Machado, Oliveira and Fernandes (IEEE TVCG 15 (2009) 1291)
for full severity, in linear RGB; differences are CIEDE2000 (Sharma, Wu and Dalal, Color Res. Appl. 30
(2005) 21).
"""

import itertools
import re
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from pathlib import Path

import numpy as np
import pytest

import antigil

STYLE = (Path(antigil.__file__).parent / "site" / "static" / "site.css").read_text(encoding="utf-8")
LIGHT, DARK = STYLE.split(':root[data-theme="dark"]')
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
THREADS = [f"thread-{i}" for i in range(7)]
PARTS = [f"part-{name}" for name in ("speedup", "waiting", "queued", "inflation", "unexplained")]


def linear(code):
    values = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = TO_XYZ @ rgb / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def ciede2000(one, other):
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = ((hypot(a1, b1) + hypot(a2, b2)) / 2) ** 7
    grey = 1.5 - 0.5 * sqrt(mean / (mean + 25**7))
    c1, c2 = hypot(a1 * grey, b1), hypot(a2 * grey, b2)
    h1, h2 = degrees(atan2(b1, a1 * grey)) % 360, degrees(atan2(b2, a2 * grey)) % 360
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
    t += 0.32 * cos(radians(3 * hue + 6)) - 0.2 * cos(radians(4 * hue - 63))
    by_light = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = 2 * sqrt(c1 * c2) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * t)
    turned = 2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt(by_light**2 + by_chroma**2 + by_hue**2 - turned * by_chroma * by_hue)


def test_difference_is_that_of_the_published_pairs():
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
    assert ciede2000((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)


def color(theme, name):
    return re.search(rf"--{name}: (#[0-9a-f]{{6}})", theme)[1]


def least_difference(theme, names, vision):
    seen = [lab(np.clip(VISIONS[vision] @ linear(color(theme, name)), 0, 1)) for name in names]
    return min(ciede2000(a, b) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_parts_and_directions_can_be_told_apart(theme, vision):
    assert least_difference(theme, THREADS[:4], vision) >= 15
    assert least_difference(theme, THREADS, vision) >= 10
    assert least_difference(theme, PARTS, vision) >= 15
    assert least_difference(theme, ["lost", "gained"], vision) >= 40


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_stand_out_from_their_ground(theme):
    """WCAG 2 asks for 3:1 of what is drawn, and 4.5:1 of text."""

    def contrast(name):
        a, b = (linear(color(theme, n)) @ TO_XYZ[1] + 0.05 for n in (name, "surface"))
        return max(a, b) / min(a, b)

    assert min(map(contrast, THREADS)) >= 3
    assert min(map(contrast, ["muted", "accent", "lost", "gained", "ink"])) >= 4.5
