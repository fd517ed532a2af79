"""Where the drivers are.

A position follows from the time alone, so all workers agree without a word. In a real app it would come from phones.
"""

import itertools
import math
import time

# In units of the map per second.
SPEED = 1.6

# Each driver goes round a loop of streets: corners on the map, which is 120 wide and 80 high.
LOOPS = [
    [(34, 12), (84, 12), (84, 48), (34, 48)],
    [(12, 30), (58, 30), (58, 66), (12, 66)],
    [(58, 12), (106, 12), (106, 66), (58, 66)],
    [(12, 12), (34, 12), (34, 66), (12, 66)],
    [(84, 30), (106, 30), (106, 48), (34, 48), (34, 30)],
]


def positions(now=None):
    """Of the drivers in the order of their ids."""
    now = time.time() if now is None else now
    return [_on_loop(loop, now * SPEED + 40 * number) for number, loop in enumerate(LOOPS)]


def _on_loop(loop, distance):
    streets = list(itertools.pairwise([*loop, loop[0]]))
    distance %= sum(math.dist(start, end) for start, end in streets)
    for start, end in streets:
        length = math.dist(start, end)
        if distance <= length:
            part = distance / length
            return tuple(round(a + (b - a) * part, 2) for a, b in zip(start, end, strict=True))
        distance -= length
    return loop[0]
