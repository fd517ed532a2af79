"""What the server of the soak has executed, and what came of it. It is in a file, so killing the server loses nothing."""

import collections
import json
import os

ITEMS = 4


class Place:
    """The data of one address: some numbers, and how often they changed."""

    def __init__(self):
        self.version = 0
        self.items = [0] * ITEMS

    def change(self, item, by):
        self.version += 1
        self.items[item] += by

    def as_json(self):
        return {"version": self.version, "items": self.items}


class Memory:
    def __init__(self, path):
        self.executed = collections.defaultdict(list)
        self.places = collections.defaultdict(Place)
        with open(path, "a+", encoding="utf-8") as journal:
            journal.seek(0)
            for line in journal:
                self._apply(json.loads(line))
        self._journal = os.open(path, os.O_WRONLY | os.O_APPEND)

    def execute(self, number, place, person, item=None, by=0):
        """Remembers that the call with this number was executed, there and for this person."""
        entry = [number, place, person, item, by]
        # One write without a buffer: it is whole, or not there at all.
        os.write(self._journal, (json.dumps(entry) + "\n").encode())
        self._apply(entry)

    def _apply(self, entry):
        number, place, person, item, by = entry
        self.executed[number].append([place, person])
        if item is not None:
            self.places[place].change(item, by)

    def as_json(self):
        places = {name: place.as_json() for name, place in self.places.items()}
        return {"executed": self.executed, "places": places}
