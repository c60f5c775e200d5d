"""backends.cuda: switches of graphics cards, which scripts set at their top; there is nothing behind them."""


class _Products:
    """The switches of matrix products, with torch's defaults. AttributeError for any other name."""

    __slots__ = ("allow_bf16_reduced_precision_reduction", "allow_fp16_reduced_precision_reduction", "allow_tf32")

    def __init__(self) -> None:
        self.allow_tf32 = False
        self.allow_fp16_reduced_precision_reduction = self.allow_bf16_reduced_precision_reduction = True


matmul = _Products()


def is_built() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.backends.cuda.is_built()
    False
    """
    return False
