"""A stock that several parties share, so that something is left for whoever comes next."""

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from uuid import UUID


class Shares:
    """Nobody takes more once it holds as much as is left (the dynamic threshold of Choudhury and Hahne, 1998).

    One party alone gets half of the stock, two get a third each, and so on: no reserve has to be chosen, and one that
    holds nothing is turned away only when nothing is left. Safe between threads.
    """

    def __init__(self, total: int) -> None:
        self._left = total
        self._held: Counter[UUID] = Counter()
        self._lock = Lock()

    @property
    def left(self) -> int:
        """How much nobody holds."""
        return self._left

    def take(self, party: UUID, amount: int = 1) -> bool:
        """Take `amount`, and say whether that was allowed; the last one may overdraw the stock by its own amount."""
        with self._lock:
            if self._held[party] >= self._left:
                return False
            self._held[party] += amount
            self._left -= amount
            return True

    def give_back(self, party: UUID, amount: int = 1) -> None:
        """Give back what was taken before."""
        with self._lock:
            self._left += amount
            self._held[party] -= amount
            if not self._held[party]:
                del self._held[party]

    def sated(self) -> set[UUID]:
        """Those who may not take more at present."""
        with self._lock:
            return {party for party, held in self._held.items() if held >= self._left}


@dataclass
class Portion:
    """What one holder has of a party's share, to be given back as a whole."""

    shares: Shares
    party: UUID
    held: int = 0

    def take(self, amount: int) -> bool:
        """Take more, and say whether that was allowed."""
        allowed = self.shares.take(self.party, amount)
        self.held += amount if allowed else 0
        return allowed

    def give_back(self) -> None:
        """Give everything back."""
        self.shares.give_back(self.party, self.held)
        self.held = 0
