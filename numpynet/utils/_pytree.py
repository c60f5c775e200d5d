"""pytree: what nested lists, tuples and dictionaries hold, and the same nests around something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["TreeSpec", "tree_flatten", "tree_leaves", "tree_map", "tree_map_only", "tree_unflatten"]


@dataclass(frozen=True)
class TreeSpec:
    """The nests of a tree: a type with its keys, if any, and those of what it holds; of a leaf the type is None.

    >>> from numpynet.utils._pytree import tree_flatten
    >>> spec = tree_flatten({"a": [1, 2], "b": 3})[1]
    >>> spec.type, spec.context, spec.num_leaves
    (<class 'dict'>, ['a', 'b'], 3)
    """

    type: Any
    context: Any
    children_specs: tuple[TreeSpec, ...]

    @property
    def num_leaves(self) -> int:
        """How many leaves the tree has."""
        return 1 if self.type is None else sum(child.num_leaves for child in self.children_specs)


def tree_flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, and its nests.

    >>> from numpynet.utils._pytree import tree_flatten
    >>> tree_flatten({"a": [1, 2], "b": 3})[0]
    [1, 2, 3]
    """
    kind = type(tree)
    if is_leaf is not None and is_leaf(tree):
        return [tree], _LEAF
    if issubclass(kind, dict):
        context, parts = list(tree), list(tree.values())
    elif kind in (list, tuple) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        context, parts = None, list(tree)
    else:
        return [tree], _LEAF
    flat = [tree_flatten(part, is_leaf) for part in parts]
    return [leaf for leaves, _ in flat for leaf in leaves], TreeSpec(kind, context, tuple(spec for _, spec in flat))


_LEAF = TreeSpec(None, None, ())


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    """The tree of these nests and leaves; ValueError for another number of leaves.

    >>> from numpynet.utils._pytree import tree_flatten, tree_unflatten
    >>> tree_unflatten([1, 2], tree_flatten((0, [0]))[1])
    (1, [2])
    """
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
            f"holds {treespec.num_leaves} items"
        )
    return _built(iter(leaves), treespec)


def _built(leaves: Any, spec: TreeSpec) -> Any:
    if spec.type is None:
        return next(leaves)
    parts = [_built(leaves, child) for child in spec.children_specs]
    if spec.context is not None:
        return spec.type(zip(spec.context, parts, strict=True))
    return spec.type(*parts) if hasattr(spec.type, "_fields") else spec.type(parts)


def tree_leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves of a tree.

    >>> from numpynet.utils._pytree import tree_leaves
    >>> tree_leaves({"a": [1, 2], "b": 3})
    [1, 2, 3]
    """
    return tree_flatten(tree, is_leaf)[0]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """func of every leaf, and of those at its place in other trees of the same nests; ValueError where these differ.

    >>> from numpynet.utils._pytree import tree_map
    >>> tree_map(lambda a, b: a + b, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    others = []
    for rest in rests:
        more, same = tree_flatten(rest, is_leaf)
        if same != spec:
            raise ValueError(f"tree_map(): the trees differ in structure: {spec} and {same}")
        others.append(more)
    return tree_unflatten(map(func, leaves, *others), spec)


def tree_map_only(
    type_or_types: Any, func: Callable[[Any], Any], tree: Any, is_leaf: Callable[[Any], bool] | None = None
) -> Any:
    """As `tree_map`, of the leaves of these types alone; the others stay.

    >>> from numpynet.utils._pytree import tree_map_only
    >>> tree_map_only(int, lambda one: -one, [1, ("a", 2)])
    [-1, ('a', -2)]
    """
    return tree_map(lambda leaf: func(leaf) if isinstance(leaf, type_or_types) else leaf, tree, is_leaf=is_leaf)
