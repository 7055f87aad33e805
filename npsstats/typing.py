"""Types that several floors share."""

from collections.abc import Hashable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Alternative", "FloatArray", "IndexArray", "IntArray", "Label"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
IndexArray: TypeAlias = NDArray[np.intp]

Label: TypeAlias = tuple[Hashable, ...]
"""The labels of one group, one for each group column."""

Alternative: TypeAlias = Literal["two-sided", "less", "greater"]
