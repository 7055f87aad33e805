"""Types that several floors share."""

from collections.abc import Hashable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Alternative", "BoolArray", "FloatArray", "IndexArray", "IntArray", "Label"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
IndexArray: TypeAlias = NDArray[np.intp]

Label: TypeAlias = tuple[Hashable, ...]
"""The labels of one group, one for each group column."""

Alternative: TypeAlias = Literal["two-sided", "less", "greater"]
