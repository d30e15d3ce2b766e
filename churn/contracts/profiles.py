"""How the values of a feature are spread: what drift is measured against."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureProfile:
    """The spread of a feature over customers.

    Attributes:
        edges: the lower ends of the bins of a number, from the second bin on; () for a word.
        words: the words of a word, the most frequent first; () for a number.
        shares: the share of each bin among the known values. A number has len(edges) + 1 bins: bin i holds the values
            of at least edges[i - 1]. A word has len(words) + 1: bin 0 holds the words that are not listed.
        missing: the share of the customers whose value is not known.
    """

    edges: tuple[float, ...]
    words: tuple[str, ...]
    shares: tuple[float, ...]
    missing: float
