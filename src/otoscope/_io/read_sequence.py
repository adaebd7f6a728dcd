"""Sequences whose items are read, or made, each time they are used."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class ReadSequence(Sequence[Item]):
    """A sequence of which a subclass has the length and reads one item; places from the end and slices follow.

    Examples:
        >>> class Squares(ReadSequence[int]):
        ...     def __len__(self):
        ...         return 4
        ...
        ...     def read(self, place):
        ...         return place**2
        >>> Squares()[-1], Squares()[1:3]
        (9, [1, 4])
    """

    @abstractmethod
    def read(self, place: int) -> Item:
        """Return the item at a place, from 0 to the length less 1."""

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        """Return an item, or several."""
        places = range(len(self))[index]
        return self.read(places) if isinstance(places, int) else [self.read(place) for place in places]
