"""Generator: torch's CPU random number generator, bit for bit, on NumPy arrays.

Every draw takes the words of the engine in the order in which torch's kernels take them (PyTorch, BSD
licence), and rounds where its AVX2 and AVX-512 builds round. (torch's build without AVX2, which
``ATEN_CPU_CAPABILITY=default`` selects, gives other last bits.)
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from numpynet.core.device import CPU, device, require_cpu
from numpynet.core.shown_class import ShownAs
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.acceptance import no_complex
from numpynet.ops.arguments import is_integer
from numpynet.random import multinomial, permutation
from numpynet.random.box_muller import (
    ROW,
    fill_rows_float32,
    fill_rows_float64,
    fill_rows_of_polar_float32,
    scaled_float32,
    scaled_rows_float32,
)
from numpynet.random.c_library_math import by_element, of_array
from numpynet.random.fused_multiply_add import add_to_float32, fma64, sums_are_exact
from numpynet.random.integer_range import integer_range, largest_integer
from numpynet.random.state import LAYOUT, STATE_SIZE
from numpynet.random.words import FEW, DoubleWords, Words, below, low_24_bits, low_53_bits

if TYPE_CHECKING:
    from numpynet.random.engine import MersenneTwister

Array = NDArray[Any]
Shape = tuple[int, ...]

DEFAULT_SEED = 67280421310721  # torch.Generator()'s

_FLOAT32 = np.dtype(np.float32)
_FLOAT64 = np.dtype(np.float64)
_INT64 = np.dtype(np.int64)
_LARGEST = {2: 65504.0, 4: float(np.finfo(np.float32).max), 8: float(np.finfo(np.float64).max)}
_LOW_63_BITS = 2**63 - 1
_FEW = 32  # up to here a loop over Python's numbers is the fastest
_SOME = 400  # words, up to which NumPy's calls count more than what they do
_FROM_HERE_DOUBLE_WORDS = 2**28  # a range of so many integers is drawn from 64 bits
_least, _most = np.minimum.reduce, np.maximum.reduce
_BLOCK = 2**14  # elements worked on at a time
_RISING = np.arange(permutation.FEW, dtype=np.uint32)
_FALLING = np.arange(permutation.FEW, 0, -1, dtype=np.uint32)
_LARGEST_PERMUTATION = (2**32 - 1) // 20  # from here torch shuffles in another way


class Generator(metaclass=ShownAs, torch_name="torch._C.Generator"):
    """A stream of random numbers, equal to torch's on the CPU for the same seed and the same draws.

    Each draw returns a fresh array, its elements drawn in C order. Arguments are checked first: a call
    that raises has drawn nothing. A generator is not safe to use from several threads at once.

    ``copy.copy``, ``copy.deepcopy`` and pickling give an independent generator in the same state.

    RuntimeError for a device that is not the CPU.

    >>> from numpynet import Generator
    >>> generator = Generator().manual_seed(0)
    >>> generator.uniform((3,)).round(4)
    array([0.4963, 0.7682, 0.0885], dtype=float32)
    >>> generator.device
    device(type='cpu')
    """

    def __init__(self, device: Any = "cpu") -> None:
        require_cpu(device)
        self._seed = DEFAULT_SEED
        self._cached_double: float | None = None
        self._cached_float: float | None = None

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    @cached_property
    def _engine(self) -> MersenneTwister:
        from numpynet.random.engine import MersenneTwister  # imports numpy.random, which takes its time

        return self.__dict__.setdefault("_engine", MersenneTwister(self._seed))  # that of the thread that was first

    @property
    def device(self) -> device:
        """The CPU."""
        return CPU

    # ---- seed and state ----

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream of a seed, an integer from -2⁶³ to 2⁶⁴ - 1; returns the generator.

        A negative seed counts as seed + 2⁶⁴; only the low 32 bits make a difference to the stream.
        RuntimeError for what is no integer, ValueError for one out of range.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(3).initial_seed()
        3
        """
        if isinstance(seed, Tensor) or not is_integer(seed):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}: give it a number")
        seed = operator.index(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed: Overflow when unpacking long long: {seed} is not in [-2**63, 2**64)")
        self._seed = seed % 2**64
        self._cached_double = self._cached_float = None
        if "_engine" in self.__dict__:
            self._engine.seed(self._seed)
        return self

    def initial_seed(self) -> int:
        """The seed the stream was started with, from 0 to 2⁶⁴ - 1.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(3).initial_seed()
        3
        """
        return self._seed

    def seed(self) -> int:
        """Starts the stream of a 64-bit seed from the operating system's entropy, and returns it.

        >>> import numpynet
        >>> generator = numpynet.Generator()
        >>> generator.seed() == generator.initial_seed()
        True
        """
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def state_array(self) -> NDArray[np.uint8]:
        """The state in torch's layout, uint8 (5056,): the bytes of `torch.get_rng_state`.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(3).state_array().shape
        (5056,)
        """
        record = np.zeros((), LAYOUT)
        position = self._engine.position
        record["seed"] = self._seed
        record["seeded"] = 1
        record["key"] = self._engine.key
        record["position"] = position
        record["left"] = 625 - position if position else 1
        if self._cached_double is not None:
            record["cached_double"], record["cached_double_valid"] = self._cached_double, 1
        if self._cached_float is not None:
            record["cached_float"], record["cached_float_valid"] = self._cached_float, 1
        return np.frombuffer(record.tobytes(), np.uint8).copy()

    def set_state_array(self, state: NDArray[np.uint8]) -> Generator:
        """Takes over a state in torch's layout; returns the generator.

        TypeError unless `state` is an array of bytes; RuntimeError unless it is (5056,) and such as torch
        writes.

        >>> import numpynet
        >>> one, other = numpynet.Generator().manual_seed(3), numpynet.Generator()
        >>> _ = other.set_state_array(one.state_array())
        >>> other.initial_seed()
        3
        """
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.shape != (STATE_SIZE,):
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} "
                f"but found the input RNG state size to be {state.size}"
            )
        record = np.ascontiguousarray(state).view(LAYOUT)[0]
        position = int(record["position"])
        if record["seeded"] != 1 or position > 624 or record["left"] != (625 - position if position else 1):
            raise RuntimeError("Invalid mt19937 state")
        self._seed = int(record["seed"])
        self._engine.resume(record["key"], position)
        self._cached_double = float(record["cached_double"]) if record["cached_double_valid"] else None
        self._cached_float = float(record["cached_float"]) if record["cached_float_valid"] else None
        return self

    def get_state(self) -> Tensor:
        """The state as a uint8 tensor of 5,056 bytes, as torch's generators give it.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(3).get_state().dtype
        torch.uint8
        """

        return wrap(self.state_array())

    def set_state(self, new_state: Tensor) -> Generator:
        """Takes over what `get_state`, here or in torch, has given; raises as `set_state_array`.

        >>> import numpynet
        >>> one, other = numpynet.Generator().manual_seed(3), numpynet.Generator()
        >>> _ = other.set_state(one.get_state())
        >>> numpynet.equal(numpynet.rand(2, generator=one), numpynet.rand(2, generator=other))
        True
        """
        if not hasattr(new_state, "__array__"):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        return self.set_state_array(np.asarray(new_state))

    def clone_state(self) -> Generator:
        """An independent generator in the same state.

        >>> import numpynet
        >>> one = numpynet.Generator().manual_seed(3)
        >>> numpynet.equal(numpynet.rand(2, generator=one.clone_state()), numpynet.rand(2, generator=one))
        True
        """
        return Generator().set_state_array(self.state_array())

    def __reduce__(self) -> tuple[Any, ...]:
        return Generator, (), self.state_array()

    def __setstate__(self, state: NDArray[np.uint8]) -> None:
        self.set_state_array(state)

    # ---- uniform ----

    def uniform(self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: DTypeLike = _FLOAT32) -> Array:
        """Numbers between low and high, the latter excluded (`Tensor.uniform_`, `torch.rand`).

        dtype: floating, or complex for the same in both parts. low + fraction·(high - low) with one rounding, where
        the fraction has 24 random bits (float32, float16) or 53 (float64). NotImplementedError for another dtype;
        RuntimeError when a bound or their difference leaves the dtype's range, or low > high.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).uniform((2,), 0.0, 1.0)
        array([0.4962566, 0.7682218], dtype=float32)
        """
        if dtype is not _FLOAT32:
            if np.dtype(dtype).kind == "c":
                return _in_pairs(lambda shape, kind: self.uniform(shape, low, high, kind), shape, np.dtype(dtype))
            dtype = _floating(dtype, "uniform_")
        count = math.prod(shape)
        if low == 0.0 and high == 1.0:
            values = self._fractions(count, dtype)
        else:
            values = (self._scaled64 if dtype == _FLOAT64 else self._scaled32)(count, float(low), float(high), dtype)
        if dtype.itemsize == 2:
            values = values.astype(dtype)
            values[values == dtype.type(high)] = dtype.type(low)
        return values if len(shape) == 1 else values.reshape(shape)

    def _fractions(self, count: int, dtype: np.dtype[Any]) -> Array:
        """Uniform numbers in [0, 1), float64 if the dtype is, else float32."""
        if dtype.itemsize == 8:
            return self._engine.fractions64(count)
        return self._engine.few_fractions32(count).copy() if count <= FEW else self._engine.fractions32(count)

    def _scaled32(self, count: int, low: float, high: float, dtype: np.dtype[Any]) -> Array:
        scale, below_end = _scaling32(low, high, dtype)
        if count <= FEW:
            values = scale(self._engine.few_fractions32(count), False)
        else:
            values = _in_blocks(self._engine.fractions32(count), scale)
        return values if below_end else _end_to_start(values, low, high)

    def _scaled64(self, count: int, low: float, high: float, dtype: np.dtype[Any]) -> Array:
        _check_bounds(low, high, dtype)
        width = high - low
        return _in_blocks(
            self._engine.fractions64(count), lambda block: _end_to_start(fma64(block, width, low), low, high)
        )

    # ---- normal ----

    def normal(self, shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: DTypeLike = _FLOAT32) -> Array:
        """Normal numbers (`Tensor.normal_` of a contiguous tensor, `torch.randn`).

        dtype: floating, or complex for half of the variance, and the mean, in each part. Fewer than 16 are drawn as by
        `normal_elementwise`. NotImplementedError for another dtype; RuntimeError for a negative std or NaN.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).normal((2,), 0.0, 1.0)
        array([ 1.5409961, -0.2934289], dtype=float32)
        """
        if dtype is not _FLOAT32:
            if np.dtype(dtype).kind == "c":
                half = std / math.sqrt(2)  # of the variance for each part
                return _in_pairs(lambda shape, kind: self.normal(shape, mean, half, kind), shape, np.dtype(dtype))
            dtype = _floating(dtype, "normal_")
        _check_std(std)
        count = math.prod(shape)
        if count < ROW:
            return self._normal_elementwise(shape, count, mean, std, dtype)
        mean, std, remainder = float(mean), float(std), count % ROW
        if not remainder and count <= FEW and dtype.itemsize == 4 and not _shows_signs_of_zeros(mean):
            values = scaled_rows_float32(self._engine.few_rows32(count), mean, std)
        else:
            values = self._normal_in_rows(count, remainder, mean, std, dtype)
        return values if len(shape) == 1 else values.reshape(shape)

    def _normal_in_rows(self, count: int, remainder: int, mean: float, std: float, dtype: np.dtype[Any]) -> Array:
        # torch draws a fraction for every element and then, if they don't make whole rows, another row to
        # overwrite the last 16 elements with; in float16 the remainder's fractions are not drawn.
        whole = count - remainder
        drawn = (whole if dtype.itemsize == 2 else count) + (ROW if remainder else 0)
        if drawn <= _SOME and dtype.itemsize < 8:
            radius, waves = self._engine.few_polar32(drawn)
            values: Array = np.empty(count, _FLOAT32)
            fill_rows_of_polar_float32(values[:whole], radius[:whole], waves[:, :whole])
            if remainder:
                fill_rows_of_polar_float32(values[-ROW:], radius[-ROW:], waves[:, -ROW:])
            values = scaled_float32(values, mean, std, values)
        else:

            def rows(drawn: Array) -> Array:
                return np.concatenate((drawn[:whole], drawn[-ROW:])) if remainder else drawn

            if dtype.itemsize == 8:
                values = fill_rows_float64(rows(self._engine.fractions64(drawn)), mean, std)
            else:
                bits = self._engine.made_of_words(drawn, np.int32, _low_24_bits)
                values = fill_rows_float32(rows(bits), mean, std)
            if remainder:
                values = np.concatenate((values[: count - ROW], values[whole:]))
        if dtype.itemsize == 2:
            with np.errstate(over="ignore"):
                values = values.astype(dtype)
        return values

    def normal_elementwise(
        self, shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: DTypeLike = _FLOAT32
    ) -> Array:
        """Normal numbers as torch draws them for fewer than 16 elements or a non-contiguous tensor.

        They come in pairs, computed in float64; the second of the last pair waits in the generator's state
        for the next such call. A non-contiguous tensor takes them in the order of its memory.
        Raises as `normal`.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).normal_elementwise((2,), 0.0, 1.0)
        array([ 1.5409961, -0.2934289], dtype=float32)
        """
        if dtype is not _FLOAT32 and dtype is not _FLOAT64 and np.dtype(dtype).kind == "c":
            half = std / math.sqrt(2)  # of the variance for each part
            return _in_pairs(
                lambda shape, kind: self.normal_elementwise(shape, mean, half, kind), shape, np.dtype(dtype)
            )
        dtype = _floating(dtype, "normal_")
        _check_std(std)
        return self._normal_elementwise(shape, math.prod(shape), mean, std, dtype)

    def _normal_elementwise(self, shape: Shape, count: int, mean: float, std: float, dtype: np.dtype[Any]) -> Array:
        if std == 1.0 and mean == 0.0 and dtype is _FLOAT32 and not _shows_signs_of_zeros(mean):
            values = self._normals(count, _FLOAT32)
        elif mean == 0.0 and std < 2.0**100 and dtype.itemsize > 2:  # no overflow, one rounding
            values = self._normals(count)
            if std != 1.0:
                values *= std
            values += mean
            values = values.astype(dtype, copy=False)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                values = _rounded(fma64(self._normals(count), float(std), float(mean)), dtype)
        return values if len(shape) == 1 else values.reshape(shape)

    def _normals(self, count: int, dtype: np.dtype[Any] = _FLOAT64) -> Array:
        """Standard normals; of the last pair the second may be kept for the next call.

        dtype: float64, or float32, in which no zero has a sign.
        """
        waiting = self._cached_double if count else None
        missing = count if waiting is None else count - 1
        pairs, rounded, place = self._engine.pairs64(missing + missing % 2)
        if missing % 2:
            self._cached_double = pairs.item(place + missing)
        elif waiting is not None:
            self._cached_double = None
        drawn = (rounded if dtype is _FLOAT32 else pairs)[place : place + missing]
        if waiting is None:
            return drawn.copy()
        normals = np.empty(count, dtype)
        normals[0] = waiting + 0.0 if dtype is _FLOAT32 else waiting
        normals[1:] = drawn
        return normals

    def few_uniforms(self, count: int) -> list[float]:
        """A few float64 numbers in [0, 1).

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).few_uniforms(1)
        [0.9700530018065531]
        """
        return self._engine.few_fractions64(count)

    def few_normals(self, count: int) -> list[float]:
        """A few standard normal numbers, computed as `normal_elementwise` does.

        >>> import numpynet
        >>> len(numpynet.Generator().manual_seed(0).few_normals(3))
        3
        """
        normals: list[float] = self._normals(count).tolist()
        return normals

    def normal_around(self, mean: Array | float, std: Array | float) -> Array:
        """Normal numbers whose mean or std differ from element to element (`torch.normal` of tensors).

        mean, std: arrays that broadcast, one of which may be a number. The result has the mean's dtype (the
        std's, if the mean is a number): standard normals in that dtype, times std, plus mean, each step
        rounded. NotImplementedError unless that dtype is floating; RuntimeError for a negative std.

        >>> import numpynet
        >>> import numpy as np
        >>> numpynet.Generator().manual_seed(0).normal_around(np.array([0.0, 100.0]), 1.0)
        array([ 1.54099611, 99.70657109])
        """
        if isinstance(std, np.ndarray) and std.size and not std.min() >= 0:
            raise RuntimeError(f"normal expects all elements of std >= 0.0, but found {std.min():g}")
        no_complex("normal", mean, std)
        first = np.asarray(mean) if isinstance(mean, np.ndarray) else np.asarray(std)
        dtype = first.dtype
        shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
        if not isinstance(std, np.ndarray):
            return self._plus(self.normal(shape, 0.0, std, dtype), mean)
        normals = self.normal(shape, 0.0, 1.0, dtype)
        return self._plus(_rounded(normals * _as_operand(std, normals), dtype), mean)

    @staticmethod
    def _plus(normals: Array, mean: Array | float) -> Array:
        return _rounded(normals + _as_operand(mean, normals), normals.dtype)

    def log_normal(self, shape: Shape, mean: float = 1.0, std: float = 2.0, dtype: DTypeLike = _FLOAT32) -> Array:
        """exp of normal numbers of that mean and std (`Tensor.log_normal_`).

        NotImplementedError unless the dtype is floating; RuntimeError unless std > 0.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).log_normal((2,), 0.0, 1.0)
        array([4.669239 , 0.7457022], dtype=float32)
        """
        dtype = _floating(dtype, "log_normal_")
        if not std > 0.0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        with np.errstate(over="ignore", invalid="ignore"):
            logarithms = fma64(self._normals(math.prod(shape)), float(std), float(mean))
        return _rounded(by_element(_exp, logarithms), dtype).reshape(shape)

    # ---- other continuous distributions, all computed in float64 ----

    def exponential(self, shape: Shape, rate: float = 1.0, dtype: DTypeLike = _FLOAT32) -> Array:
        """Waiting times for events of that rate: -log(1 - u)/rate (`Tensor.exponential_`).

        RuntimeError unless the dtype is floating and rate > 0.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).exponential((2,), 1.0)
        array([3.5083263, 1.2303847], dtype=float32)
        """
        dtype = _continuous(dtype, "Exponential")
        if not rate > 0.0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
        count = math.prod(shape)
        if count <= _FEW and rate == 1.0 and dtype.itemsize > 2:
            fractions = self._engine.few_fractions64(count)
            return np.array([-math.log1p(-fraction) for fraction in fractions], dtype).reshape(shape)
        values = self._engine.fractions64(count)
        with np.errstate(over="ignore", invalid="ignore"):
            values = _in_blocks(values, lambda block: (-1.0 / rate) * of_array(math.log1p, -block))
            return _rounded(values, dtype).reshape(shape)

    def cauchy(self, shape: Shape, median: float = 0.0, sigma: float = 1.0, dtype: DTypeLike = _FLOAT32) -> Array:
        """median + sigma·tan(π(u - 1/2)) (`Tensor.cauchy_`).

        RuntimeError unless the dtype is floating and sigma > 0.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).cauchy((2,), 0.0, 1.0)
        array([10.59773  ,  0.7647673], dtype=float32)
        """
        dtype = _continuous(dtype, "Cauchy")
        if not sigma > 0.0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        values = self._engine.fractions64(math.prod(shape))
        scale, shift = float(sigma), float(median)
        with np.errstate(over="ignore", invalid="ignore"):
            values = _in_blocks(values, lambda block: fma64(of_array(math.tan, math.pi * (block - 0.5)), scale, shift))
            return _rounded(values, dtype).reshape(shape)

    def geometric(self, shape: Shape, probability: float, dtype: DTypeLike = _FLOAT32) -> Array:
        """How many trials until the first success: ⌈log u / log(1 - p)⌉ (`Tensor.geometric_`).

        dtype: any but bool, for which NotImplementedError. RuntimeError unless 0 < probability < 1.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).geometric((4,), 0.5)
        array([1., 1., 2., 1.], dtype=float32)
        """
        dtype = np.dtype(dtype)
        if dtype.kind in "bc":
            raise NotImplementedError(f"geometric_: not implemented for {dtype}")
        if not 0 < probability < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={probability:g}")
        fractions = self._engine.fractions64(math.prod(shape))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            trials = np.ceil(by_element(_log, fractions) / math.log1p(-probability))
            return trials.astype(dtype).reshape(shape)

    # ---- integers ----

    def integers(self, shape: Shape, low: int, high: int | None, dtype: DTypeLike = _INT64) -> Array:
        """Integers from low to high - 1 (`torch.randint`, `Tensor.random_(low, high)`).

        dtype: any, also floating and bool. high: None for all up to the dtype's largest integer (in floating
        dtypes the largest up to which they hold every integer). A word, or two where the range holds 2²⁸
        integers or more, modulo the range. RuntimeError for an empty range or one that the dtype does not hold.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).integers((5,), 0, 10)
        array([4, 9, 3, 0, 3])
        """
        count = math.prod(shape)
        if dtype is _INT64 and type(low) is type(high) is int and -(2**62) <= low < high <= 2**62:
            first, span = low, high - low
        else:
            dtype = np.dtype(dtype)
            low = operator.index(low)
            high = None if high is None else operator.index(high)
            if high is None and low == -(2**63):
                if dtype.name not in ("int64", "float32", "float64"):
                    raise RuntimeError(f"random_: the full range of 64 bits does not fit {dtype}")
                return self._engine.double_words(count).view(np.int64).astype(dtype, copy=False).reshape(shape)
            first, span = integer_range(low, high, dtype)
        if span >= _FROM_HERE_DOUBLE_WORDS:
            offsets = self._engine.double_words(count)
            offsets %= np.uint64(span)
            values = offsets.view(np.int64) + first
        elif count <= FEW:
            values = _remainders(self._engine.few_words(count), _divisor(span)).astype(_INT64)
            if first:
                values += first
        else:

            def write(words: Words, result: NDArray[np.int64]) -> None:
                result[...] = _remainders(words, _divisor(span))
                if first:
                    result += first

            values = self._engine.made_of_words(count, _INT64, write)
        if dtype is not _INT64:
            values = values.astype(dtype)
        return values if len(shape) == 1 else values.reshape(shape)

    def nonnegative_integers(self, shape: Shape, dtype: DTypeLike = _INT64) -> Array:
        """Integers from 0 to the largest of the dtype (`Tensor.random_()`).

        dtype: any; in floating dtypes to the largest up to which they hold every integer.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).nonnegative_integers((2,), "uint8")
        array([172,  47], dtype=uint8)
        """
        dtype = np.dtype(dtype)
        words: Callable[[int], Array] = (
            self._engine.double_words if dtype.name in ("int64", "float64") else self._engine.words
        )
        values = words(math.prod(shape))
        values %= values.dtype.type(largest_integer(dtype) + 1)
        return values.astype(dtype).reshape(shape)

    def random_int64(self) -> int:
        """One integer from 0 to 2⁶³ - 1 (`torch.empty((), dtype=torch.int64).random_().item()`).

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).random_int64()
        900450186894289455
        """
        high, low = self._engine.few_words(2).tolist()
        return (high << 32 | low) & _LOW_63_BITS

    def permutation(self, n: int) -> NDArray[np.int64]:
        """The numbers from 0 to n - 1 in random order, int64 (n,) (`torch.randperm`).

        RuntimeError for a negative n; NotImplementedError from 214,748,364 up, where torch uses another
        algorithm.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).permutation(5)
        array([4, 0, 1, 3, 2])
        """
        if n < 0:
            raise RuntimeError(f"randperm: Trying to create tensor with negative dimension {n}: [{n}]")
        if n >= _LARGEST_PERMUTATION:
            raise NotImplementedError(f"randperm: n={n} is not below {_LARGEST_PERMUTATION}")
        if n <= _FEW:
            return permutation.by_words(n, self._engine.few_words(max(n - 1, 0)).tolist())
        if n <= permutation.FEW:
            partners = self._engine.few_words(n - 1) % _FALLING[-n:-1]
            partners += _RISING[: n - 1]
            return permutation.one_by_one(n, partners.tolist())
        offsets = self._engine.words(n - 1)
        offsets %= np.arange(n, 1, -1, dtype=np.uint32)
        partner = np.arange(n)
        partner[:-1] += offsets
        return permutation.apply_swaps(partner)

    # ---- events ----

    def bernoulli(self, shape: Shape, probability: float) -> NDArray[np.bool_]:
        """Which of independent events of one probability happen (`Tensor.bernoulli_(p)`).

        Two words for each, whatever the dtype they are to be stored in. RuntimeError unless 0 <= p <= 1.

        >>> import numpynet
        >>> numpynet.Generator().manual_seed(0).bernoulli((4,), 0.5)
        array([False, False,  True, False])
        """
        if not 0 <= probability <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={probability:g}")
        count = math.prod(shape)
        threshold = math.ceil(probability * 2.0**53)
        if 2 * count <= _SOME:
            happen = self._engine.fractions64(count) < probability
        elif 2 * count <= FEW:
            happen = below(self._engine.few_words(2 * count), threshold)
        else:

            def compare(double_words: DoubleWords, result: NDArray[np.bool_]) -> None:
                np.less(low_53_bits(double_words), np.array(threshold), out=result)

            happen = self._engine.made_of_double_words(count, np.bool_, compare)
        return happen.reshape(shape)

    def bernoulli_array(self, probabilities: Array) -> NDArray[np.bool_]:
        """Which of independent events of their own probabilities happen (`torch.bernoulli(p)`).

        probabilities: floating, of any shape, which is the result's; a word for each, or two in float64.
        NotImplementedError for another dtype; RuntimeError unless all are in [0, 1] (where torch has already
        drawn for the elements before the first wrong one, nothing is drawn here).

        >>> import numpynet
        >>> import numpy as np
        >>> numpynet.Generator().manual_seed(0).bernoulli_array(np.array([0.0, 0.5, 1.0]))
        array([False, False,  True])
        """
        dtype = _floating(probabilities.dtype, "bernoulli")
        if probabilities.size and not (_least(probabilities, None) >= 0 and _most(probabilities, None) <= 1):
            raise RuntimeError("bernoulli: Expected p_in >= 0 && p_in <= 1 to be true, but got false")
        return self._fractions(probabilities.size, dtype).reshape(probabilities.shape) < probabilities

    def multinomial(self, probabilities: Array, num_samples: int, replacement: bool = False) -> NDArray[np.int64]:
        """Indices of categories, drawn in proportion to their probabilities (`torch.multinomial`).

        probabilities: floating, (categories,) or (rows, categories), not necessarily of sum 1 -> int64
        (num_samples,) or (rows, num_samples). RuntimeError when they are negative, not finite or all 0, or
        num_samples is not positive or, without replacement, exceeds the categories.

        The indices are torch's, with one exception: without replacement, categories whose scores
        (see `by_exponential_race`) are equal come in the order of their indices, but in no specified order in
        torch. That concerns categories of probability 0, when there are not enough others, and coincidences:
        frequent in float16, seen when thousands of float32 are drawn to the last, hardly ever in float64.

        >>> import numpynet
        >>> import numpy as np
        >>> numpynet.Generator().manual_seed(0).multinomial(np.array([0.0, 10.0, 3.0, 0.0]), 2)
        array([1, 2])
        """
        probabilities = np.asarray(probabilities)
        multinomial.check_request(probabilities, num_samples, replacement)
        shape = (*probabilities.shape[:-1], num_samples)
        if math.prod(shape) == 0:
            return np.empty(shape, np.int64)
        if replacement and num_samples > 1:
            if probabilities.ndim == 1:
                distribution = multinomial.distribution(probabilities)
                return distribution.searchsorted(self._engine.fractions64(num_samples))
            multinomial.check_probabilities(probabilities)
            distributions = map(multinomial.distribution, probabilities)
            fractions = self._engine.fractions64(math.prod(shape)).reshape(shape)
            return np.stack([one.searchsorted(row) for one, row in zip(distributions, fractions, strict=True)])
        multinomial.check_probabilities(probabilities)
        if probabilities.ndim == 2 and 0 < probabilities.strides[0] < probabilities.strides[1]:
            # torch draws in the order in which a transposed matrix lies in memory
            exponentials = self.exponential(probabilities.shape[::-1], 1.0, probabilities.dtype).T
        else:
            exponentials = self.exponential(probabilities.shape, 1.0, probabilities.dtype)
        return multinomial.by_exponential_race(probabilities, exponentials, num_samples)


def _in_blocks(values: Array, function: Callable[[Array], Array]) -> Array:
    """A function of values (n,), which are overwritten a block at a time, so that temporaries stay in the cache."""
    if values.size <= _BLOCK:
        return function(values)
    for start in range(0, values.size, _BLOCK):
        block = values[start : start + _BLOCK]
        block[...] = function(block)
    return values


@lru_cache
def _scaling32(low: float, high: float, dtype: np.dtype[Any]) -> tuple[Callable[..., Array], bool]:
    """What turns float32 fractions into numbers from low to high, and whether none of these is rounded up to high.

    RuntimeError for bounds that the dtype does not hold.
    """
    _check_bounds(low, high, dtype)
    start, end = np.float32(low), np.float32(high)
    first, last, width = float(start), float(end), float(end - start)
    # 24 random bits times a power of two are exact in float32, times 24 bits in float64.
    narrow = math.frexp(width)[0] == 0.5 and width > 2.0**-100
    exact = narrow or sums_are_exact(width * 2.0**-24, first, max(abs(first), abs(last)))
    kind = _FLOAT32 if narrow else _FLOAT64
    factor: Any = np.array(width, kind)
    shift = np.array(first, kind)

    def scale(fractions: Array, overwritten: bool = True) -> Array:
        values: Array = fractions.astype(kind, copy=False)
        values = np.multiply(values, factor, out=values if overwritten else None)
        if not exact:
            return add_to_float32(values, first)
        values += shift
        return values.astype(_FLOAT32, copy=False)

    return scale, exact and bool(np.float32(factor * (1 - 2.0**-24) + shift) != end)


def _low_24_bits(words: Words, result: NDArray[np.int32]) -> None:
    result[...] = low_24_bits(words)


@lru_cache
def _divisor(span: int) -> NDArray[np.uint32]:
    return np.array(span, np.uint32)


def _remainders(words: Words, divisor: NDArray[np.uint32]) -> Words:
    if words.size <= _SOME:
        remainders: Words = words % divisor
        return remainders
    multiples = words // divisor  # by one divisor NumPy divides many times faster than it takes remainders
    multiples *= divisor
    return np.subtract(words, multiples, out=multiples)


def _shows_signs_of_zeros(mean: float) -> bool:
    """Whether normals of that mean have zeros of either sign: those of a mean of -0.0, or what becomes that."""
    return -1e-30 < mean <= 0.0 and math.copysign(1.0, mean) < 0.0


def _end_to_start(values: Array, start: float, end: float) -> Array:
    """Moves what was rounded up to the excluded end of a range to its start, as torch does."""
    at_end = values == end
    if np.count_nonzero(at_end):
        values[at_end] = start
    return values


def _check_bounds(low: float, high: float, dtype: np.dtype[Any]) -> None:
    largest = _LARGEST[dtype.itemsize]
    for name, bound in (("from", low), ("to", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"uniform_: {name} is out of bounds for {dtype}: {bound:g}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= the largest {dtype}, but found to={high:g} and from={low:g} "
            f"which result in to-from to exceed the limit"
        )


def _in_pairs(draw: Callable[[Any, np.dtype[Any]], Array], shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Complex numbers whose real and imaginary parts are drawn one after the other, as torch does."""
    pairs = draw((*shape, 2), np.dtype(f"f{dtype.itemsize // 2}"))
    numbers: Array = pairs.view(dtype)[..., 0]
    return numbers


def _floating(dtype: DTypeLike, operation: str) -> np.dtype[Any]:
    if dtype is _FLOAT32 or dtype is _FLOAT64:
        return dtype
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise NotImplementedError(f"{operation}: not implemented for {dtype}, only for floating dtypes")
    return dtype


def _continuous(dtype: DTypeLike, distribution: str) -> np.dtype[Any]:
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {dtype}"
        )
    return dtype


def _check_std(std: float) -> None:
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


def _as_operand(value: Array | float, normals: Array) -> Any:
    """A number or 0-d array takes the dtype of an array with dimensions (torch's rule, not NumPy's)."""
    number = not isinstance(value, np.ndarray) or (value.ndim == 0 and normals.ndim > 0)
    return normals.dtype.type(value) if number else value


def _rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):
        if dtype.itemsize == 2:
            values = values.astype(np.float32)  # torch has no direct way from float64 to float16
        return values.astype(dtype, copy=False)


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


default_generator = Generator()
default_generator.seed()


def chosen(generator: Generator | None, operation: str) -> Generator:
    """The generator that draws: the default one where none is given. TypeError for what is no generator."""
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"{operation}(): argument 'generator' must be Generator, not {type(generator).__name__}")
    return generator
