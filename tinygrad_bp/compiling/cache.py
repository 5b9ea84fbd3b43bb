"""A bounded cache: what was used last is kept, what was used longest ago is dropped."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class CacheInfo(NamedTuple):
    """How a cache has been used, as `functools.lru_cache` says it.

    Attributes
    ----------
    hits : int
        Calls whose program was there.
    misses : int
        Calls that had to be traced.
    maxsize : int
        How many programs are kept at most.
    currsize : int
        How many there are.
    """

    hits: int
    misses: int
    maxsize: int
    currsize: int


class Cache(Generic[T]):
    """Entries by key, at most so many; the least recently used goes first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.hits = self.misses = 0
        self._entries: OrderedDict[Any, T] = OrderedDict()

    def get(self, key: Any) -> T | None:
        """Return an entry, which then is the one used last."""
        found = self._entries.get(key)
        if found is not None:
            self.hits += 1
            self._entries.move_to_end(key)
        return found

    def put(self, key: Any, entry: T) -> None:
        """Add an entry, and drop the one used longest ago if there are too many."""
        self.misses += 1
        self._entries[key] = entry
        if len(self._entries) > self.size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget all entries, and how they were used."""
        self._entries.clear()
        self.hits = self.misses = 0

    def info(self) -> CacheInfo:
        """Return how the cache has been used."""
        return CacheInfo(self.hits, self.misses, self.size, len(self._entries))
