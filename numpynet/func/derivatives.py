"""Derivatives of functions, as functions: they compose, and the function differentiated leaves nothing behind.

Each gives the function its arguments as tensors of its own with a gradient, and differentiates what comes back by
them. Results are on the tape only where they depend on something outside that requires a gradient: an argument, what
the function finds around itself, or the arguments of another such derivative that this one is computed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from numpynet import ops
from numpynet.core import backward
from numpynet.core.modes import enable_grad, flags
from numpynet.core.tape import Node
from numpynet.core.tensor import Tensor
from numpynet.creation import zeros_like
from numpynet.func.batching import require_chunks, require_randomness
from numpynet.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

Argnums = int | tuple[int, ...]

# Those that torch computes forwards: they refuse what is no tensor by their own class, and integers by ValueError.
_FORWARD: dict[str, type[Exception]] = {"jacfwd": AttributeError, "jvp": ValueError, "linearize": TypeError}


class _Lifted:
    """Arguments of a function as tensors of its own; `leaves` are all of them that it is differentiated by."""

    def __init__(self, name: str, given: Any, argnums: Argnums | range) -> None:
        self.single = isinstance(argnums, int)
        several = (argnums,) if isinstance(argnums, int) else argnums
        if not isinstance(several, (tuple, range)) or not all(isinstance(one, int) for one in several):
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
        if argnums == ():
            raise RuntimeError("argnums must be non-empty")
        self.outside = flags.enabled  # whether what is outside may want gradients
        self.args = list(given)
        self.leaves: list[Tensor] = []
        self.specs: list[TreeSpec] = []
        for argnum in several:
            if not -len(self.args) <= argnum < len(self.args):
                raise RuntimeError(f"{name}: Got argnum={argnum}, but only {len(self.args)} positional inputs")
            flat, spec = tree_flatten(self.args[argnum])
            for one in flat:
                if not isinstance(one, Tensor):
                    error = _FORWARD.get(name, ValueError)
                    raise error(f"{name}: Thing passed to transform API must be Tensor, got {type(one)}")
                if name in _FORWARD and not (one.is_floating_point() or one.is_complex()):
                    raise ValueError(f"{name}: Expected primal to be floating point or complex, but got: {one.dtype}")
            own = [_own(one) for one in flat]
            self.args[argnum] = tree_unflatten(own, spec)
            self.leaves += own
            self.specs.append(spec)
        if len({argnum % len(self.args) for argnum in several}) != len(several):
            raise RuntimeError(f"argnums elements must be unique, got {argnums}")

    def nested(self, values: Sequence[Any]) -> Any:
        """One value for each leaf, in the nests of the arguments."""
        nests, start = [], 0
        for spec in self.specs:
            nests.append(tree_unflatten(values[start : start + spec.num_leaves], spec))
            start += spec.num_leaves
        return nests[0] if self.single else tuple(nests)

    def lead_out(self, tensors: Sequence[Tensor], own: Sequence[Tensor] = ()) -> bool:
        """Whether the tensors depend on anything with a gradient but the leaves, and those."""
        if not self.outside:
            return False
        inside = {id(one) for one in (*self.leaves, *own)}
        waiting: list[Any] = [one._edge() for one in tensors if one.requires_grad]
        seen = set()
        while waiting:
            edge = waiting.pop()
            if edge is None or id(edge) in seen:
                continue
            seen.add(id(edge))
            if isinstance(edge, Node):
                waiting += edge.edges
            elif id(edge) not in inside:
                return True
        return False


def _own(tensor: Tensor) -> Tensor:
    if flags.enabled and tensor.requires_grad:
        with enable_grad():
            return ops.clone(tensor)
    return tensor.detach().requires_grad_()


def _settled(tree: Any, keep: bool) -> Any:
    """The results, without history unless something outside wants it."""
    return tree if keep else tree_map(lambda one: one.detach() if isinstance(one, Tensor) else one, tree)


def _called(func: Callable[..., Any], name: str, has_aux: bool, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """What the function returns, and what it returns beside that."""
    output = func(*args, **kwargs)
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{name}(f)(*args): output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


def _outputs(output: Any, name: str) -> tuple[list[Tensor], TreeSpec]:
    flat, spec = tree_flatten(output)
    for one in flat:
        if not isinstance(one, Tensor):
            raise RuntimeError(f"{name}(f, *args): expected f(*args) to return only tensors, got {type(one).__name__}")
    return flat, spec


def _pulled(
    outputs: Sequence[Tensor], leaves: Sequence[Tensor], cotangents: Sequence[Any], create_graph: bool
) -> list[Tensor]:
    """The gradients of the outputs by the leaves, zeros where there is none; the graph is kept."""
    live = [(one, v) for one, v in zip(outputs, cotangents, strict=True) if one.requires_grad]
    if not live:
        return [zeros_like(leaf) for leaf in leaves]
    return list(
        backward.grad(
            [one for one, _ in live],
            leaves,
            [v for _, v in live],
            retain_graph=True,
            create_graph=create_graph,
            materialize_grads=True,
        )
    )


# --- gradients ------------------------------------------------------------------------------------------------


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns ∂func/∂argument, for a function that returns a tensor without dimensions.

    argnums: which argument, itself perhaps a nest of tensors; for several of them a tuple of gradients is returned.
    has_aux: whether the function returns a pair, whose second part is returned beside the gradient.
    RuntimeError when called where the function returns something else.

    >>> import numpynet
    >>> cube = lambda x: x**3
    >>> numpynet.func.grad(numpynet.func.grad(cube))(numpynet.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `grad`, of which the function returns the gradient and the value; with `has_aux` (gradient, (value, aux)).

    >>> import numpynet
    >>> numpynet.func.grad_and_value(lambda x: x**3)(numpynet.tensor(2.0))
    (tensor(12.), tensor(8.))
    """

    @wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        lifted = _Lifted("grad", args, argnums)
        with enable_grad():
            output, aux = _called(func, "grad_and_value", has_aux, lifted.args, kwargs)
            if not isinstance(output, Tensor):
                raise RuntimeError(
                    f"grad_and_value(f)(*args): Expected f(*args) to return a tensor, got {type(output).__name__}"
                )
            if output.ndim:
                raise RuntimeError(
                    f"grad_and_value(f)(*args): Expected f(*args) to return a scalar tensor, got tensor with "
                    f"{output.ndim} dims. Did you want to use the vjp or jacrev APIs instead?"
                )
            keep = lifted.lead_out([output])
            found = _pulled([output], lifted.leaves, [None], keep)
        value = (output, aux) if has_aux else output
        return lifted.nested(found), _settled(value, keep)

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """func(*primals), and the function that takes a cotangent v of that to vᵀ ∂func/∂primals.

    It returns one gradient for one primal, else a tuple; it may be called again. has_aux: as for `grad`, with the
    second part as a third result. RuntimeError where the cotangents are not in the nests of the output.

    >>> import numpynet
    >>> y, pull = numpynet.func.vjp(lambda x: x * x, numpynet.tensor([1.0, 2.0]))
    >>> y, pull(numpynet.tensor([1.0, 10.0]))
    (tensor([1., 4.]), (tensor([ 2., 40.]),))
    """
    lifted = _Lifted("vjp", primals, range(len(primals)))
    with enable_grad():
        output, aux = _called(func, "vjp", has_aux, lifted.args, {})
        outputs, spec = _outputs(output, "vjp")
        keep = lifted.lead_out(outputs)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        backward.require_flags(retain_graph, create_graph or False)
        flat, given = tree_flatten(cotangents)
        if given != spec:
            raise RuntimeError(
                f"Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {given}, primal output: {spec}"
            )
        wanted = flags.enabled and (keep or any(isinstance(one, Tensor) and one.requires_grad for one in flat))
        return lifted.nested(_pulled(outputs, lifted.leaves, flat, wanted if create_graph is None else create_graph))

    settled = _settled(output, keep)
    return (settled, pull, _settled(aux, keep)) if has_aux else (settled, pull)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """func(*primals), and the product of its Jacobian with the tangents: (∂func/∂primals) tangents.

    primals, tangents: tuples of as many nests. has_aux: as for `vjp`. strict: makes no difference.

    By two backward passes: the first one, vᵀ J, is linear in v, and its gradient by v is J times the tangents.

    >>> import numpynet
    >>> numpynet.func.jvp(lambda x: x * x, (numpynet.tensor([1.0, 2.0]),), (numpynet.tensor([1.0, 0.0]),))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    for role, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple) or not given:
            raise RuntimeError(f"jvp(f, primals, tangents): Expected {role} to be a tuple with at least one tensor")
    flat, spec = tree_flatten(tangents)
    if spec != tree_flatten(primals)[1]:
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same python structure."
        )
    lifted = _Lifted("jvp", primals, range(len(primals)))
    for one, leaf in zip(flat, lifted.leaves, strict=True):
        if not isinstance(one, Tensor):
            raise RuntimeError(f"jvp(f, primals, tangents): Expected tangents to only contain Tensors, got {type(one)}")
        if one.shape != leaf.shape:
            raise RuntimeError(
                f"Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(leaf.shape)} while the given forward gradient is of size "
                f"{list(one.shape)}."
            )
    with enable_grad():
        output, aux = _called(func, "jvp", has_aux, lifted.args, {})
        outputs, nests = _outputs(output, "jvp")
        cotangents = [zeros_like(one).requires_grad_() for one in outputs]
        pulled = _pulled(outputs, lifted.leaves, cotangents, True)
        tangents_matter = lifted.outside and any(one.requires_grad for one in flat)
        keep = lifted.lead_out(outputs)
        found = _pulled(pulled, cotangents, flat, keep or tangents_matter)
    results = _settled(output, keep), tree_unflatten(found, nests)
    return (*results, _settled(aux, keep)) if has_aux else results


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """func(*primals), and the linear function of tangents that `jvp` multiplies them by: the function runs but once.

    primals: nests of tensors. RuntimeError where the tangents have not their nests, shapes and dtypes.

    >>> import numpynet
    >>> y, push = numpynet.func.linearize(lambda x: x * x, numpynet.tensor([1.0, 2.0]))
    >>> y, push(numpynet.tensor([1.0, 0.0])), push(numpynet.tensor([0.0, 1.0]))
    (tensor([1., 4.]), tensor([2., 0.]), tensor([0., 4.]))
    """
    lifted = _Lifted("linearize", primals, range(len(primals)))
    expected, spec = tree_flatten(primals)
    with enable_grad():
        output = func(*lifted.args)
        outputs, nests = _outputs(output, "linearize")
        cotangents = [zeros_like(one).requires_grad_() for one in outputs]
        pulled = _pulled(outputs, lifted.leaves, cotangents, True)
    keep = lifted.lead_out(outputs)

    def push(*tangents: Any) -> Any:
        flat, given = tree_flatten(tangents)
        if given != spec:
            raise RuntimeError(f"Expected the tangents {given} to have the same argspec as the primals {spec}")
        for place, (one, primal) in enumerate(zip(flat, expected, strict=True)):
            for what in ("shape", "dtype"):
                if getattr(one, what) != getattr(primal, what):
                    raise RuntimeError(
                        f"tangent:{place} with {what} {getattr(one, what)} in flattened pytree doesn't match the "
                        f"{what} {getattr(primal, what)} of the corresponding primal."
                    )
        with enable_grad():
            matters = lifted.outside and any(one.requires_grad for one in flat)
            return tree_unflatten(_pulled(pulled, cotangents, flat, keep or matters), nests)

    return _settled(output, keep), push


# --- Jacobians ------------------------------------------------------------------------------------------------


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The function that returns ∂func/∂argument, of the output's shape followed by the argument's.

    argnums, has_aux: as for `grad`. Where the function returns a nest, so does this, with the arguments' nests in it.
    chunk_size: makes no difference: there is one backward pass for each element of the output. ValueError unless
        it is positive.

    >>> import numpynet
    >>> numpynet.func.jacrev(lambda x: x * x)(numpynet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    require_chunks("jacrev", chunk_size)
    return _jacobian("jacrev", func, argnums, has_aux)


def _jacobian(name: str, func: Callable[..., Any], argnums: Argnums, has_aux: bool) -> Callable[..., Any]:
    @wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        lifted = _Lifted(name, args, argnums)
        with enable_grad():
            output, aux = _called(func, name, has_aux, lifted.args, kwargs)
            outputs, spec = _outputs(output, name)
            keep = lifted.lead_out(outputs)
            rows = [lifted.nested(_rows(one, lifted.leaves, keep)) for one in outputs]
        found = tree_unflatten(rows, spec)
        return (found, _settled(aux, keep)) if has_aux else found

    return jacobian


def _rows(output: Tensor, leaves: Sequence[Tensor], create_graph: bool) -> list[Tensor]:
    """The Jacobian of one output by each leaf."""
    found = [_pulled([element], leaves, [None], create_graph) for element in output.reshape(-1)]
    if not found:
        return [zeros_like(leaf).expand((*output.shape, *leaf.shape)) for leaf in leaves]
    columns = zip(*found, strict=True)
    return [
        ops.stack(column).reshape((*output.shape, *leaf.shape)) for column, leaf in zip(columns, leaves, strict=True)
    ]


def jacfwd(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., Any]:
    """As `jacrev`, whose values it has: it is computed by the same backward passes. randomness: makes no difference.

    >>> import numpynet
    >>> numpynet.func.jacfwd(lambda x: x * x)(numpynet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    require_randomness(randomness)
    require_chunks("jacfwd", chunk_size)
    return _jacobian("jacfwd", func, argnums, has_aux)


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that returns ∂²func/∂argument²: the Jacobian of the Jacobian.

    >>> import numpynet
    >>> numpynet.func.hessian(lambda x: (x**3).sum())(numpynet.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
