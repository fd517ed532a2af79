"""What is wrong with a network."""

import dataclasses

UP, DOWN = "up", "down"  # from the client to the server, and back
BLACKHOLES = (None, UP, DOWN, "both")


@dataclasses.dataclass(frozen=True)
class Conditions:
    latency_ms: int = 0
    """How much later everything arrives, in each direction."""
    bytes_per_second: int | None = None
    """How fast it goes, in each direction. `None`: as fast as it can."""
    blackhole: str | None = None
    """The direction, or "both", in which bytes vanish while the link stays open."""
    refuse: bool = False
    """Resets each new link, before the server sees it."""

    @classmethod
    def of(cls, wanted):
        """Reads what a person wants. Raises a ValueError that says what is wrong with it."""
        names = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(wanted) - names):
            raise ValueError(f"there is no condition {unknown[0]!r}, only {', '.join(sorted(names))}")
        conditions = cls(**wanted)
        if type(conditions.latency_ms) is not int or not 0 <= conditions.latency_ms <= 600_000:
            raise ValueError("latency_ms has to be a number from 0 to 600000")
        rate = conditions.bytes_per_second
        if rate is not None and (type(rate) is not int or rate < 1):
            raise ValueError("bytes_per_second has to be a number from 1 on, or null")
        check_blackhole(conditions.blackhole)
        if type(conditions.refuse) is not bool:
            raise ValueError("refuse has to be true or false")
        return conditions

    def as_json(self):
        return dataclasses.asdict(self)


def check_blackhole(wanted):
    if wanted not in BLACKHOLES:
        raise ValueError('blackhole has to be "up", "down", "both" or null')


FINE = Conditions()
