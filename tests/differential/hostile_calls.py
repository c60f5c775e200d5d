"""Random hostile calls: modules, optimizers, schedules, data, creation functions and methods with wrong arguments.

``python -m tests.differential.hostile_calls 100000`` makes so many of them under both libraries, and tells the kinds
in which they are answered differently.
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np

X = "torch.tensor([[0.5, 0.25, 0.75], [0.125, 0.5, 0.375]])"
Y = "torch.tensor([[0.25, 0.5, 0.5], [0.75, 0.25, 0.125]])"
PARAMETER = "torch.nn.Parameter(torch.ones(2, 3))"

WRONG = [
    *(
        "None",
        "'a'",
        "''",
        "'mean'",
        "b'a'",
        "{'a': 1}",
        "{1, 2}",
        "object()",
        "['a', 'b']",
        "[[1, 2], [3]]",
        "()",
        "[]",
    ),
    *("1.5", "0", "-1", "-10**9", "2**70", "float('nan')", "float('inf')", "True", "1 + 2j"),
    *("np.array([1.0, 2.0])", "np.float32(1.5)", "np.int64(1)", "int", "print", "lambda x: x", "(i for i in (1, 2))"),
    *("torch", "torch.float32", "torch.Size([2])", "torch.zeros(7, 5)", "torch.zeros(0)", "[torch.ones(2)]", "(2, 3)"),
    *("torch.ones(2, 3, dtype=torch.bool)", "torch.ones(2, 3, dtype=torch.int64)", "torch.nn.Linear(2, 3)"),
]

# What is made or called | its arguments | what the result is called with.
MADE = f"""
    nn.Linear | 3; 2; bias=True; dtype=torch.float32 | {X}
    nn.Embedding | 5; 3; padding_idx=0 | torch.tensor([1, 2])
    nn.Dropout | 0.5; inplace=False | {X}
    nn.LayerNorm | 3; eps=1e-5; elementwise_affine=True | {X}
    nn.BatchNorm1d | 3; eps=1e-5; momentum=0.1; affine=True | {X}
    nn.LeakyReLU | 0.1; False | {X}
    nn.ELU | 1.0 | {X}
    nn.GELU | approximate='none' | {X}
    nn.Softplus | 1; 20 | {X}
    nn.Softmax | dim=1 | {X}
    nn.Flatten | 1; -1 | {X}
    nn.Unflatten | 1; (3, 1) | {X}
    nn.MSELoss | reduction='mean' | {X}; {Y}
    nn.HuberLoss | reduction='mean'; delta=1.0 | {X}; {Y}
    nn.BCEWithLogitsLoss | weight=None; reduction='mean'; pos_weight=None | {X}; {Y}
    nn.CrossEntropyLoss | weight=None; ignore_index=-100; reduction='mean' | {X}; torch.tensor([0, 1])
    nn.Sequential | torch.nn.Linear(3, 2); torch.nn.ReLU() | {X}
    nn.Parameter | torch.ones(2); True |
    optim.SGD | [{PARAMETER}]; 0.1; momentum=0.9; weight_decay=0.1; nesterov=True; dampening=0 |
    optim.Adam | [{PARAMETER}]; 0.1; betas=(0.9, 0.999); eps=1e-8; weight_decay=0; amsgrad=False |
    optim.RMSprop | [{PARAMETER}]; 0.1; alpha=0.9; eps=1e-8; momentum=0.1; centered=True |
    optim.lr_scheduler.StepLR | optimizer; 2; gamma=0.1 |
    optim.lr_scheduler.MultiStepLR | optimizer; [1, 2]; gamma=0.1 |
    optim.lr_scheduler.CosineAnnealingLR | optimizer; 10; eta_min=0.0 |
    optim.lr_scheduler.OneCycleLR | optimizer; 0.5; 10 |
    utils.data.TensorDataset | {X}; torch.tensor([0, 1]) |
    utils.data.random_split | [1, 2, 3]; [2, 1] |
    utils.data.RandomSampler | [1, 2]; replacement=True; num_samples=3 |
    utils.data.BatchSampler | [1, 2]; 2; True |
    nn.init.normal_ | torch.ones(2, 3); 0.0; 1.0 |
    nn.init.constant_ | torch.ones(2, 3); 0.5 |
    nn.init.kaiming_uniform_ | torch.ones(2, 3); 0; mode='fan_in'; nonlinearity='relu' |
    nn.utils.clip_grad_norm_ | [{PARAMETER}]; 1.0; 2.0 |
    autograd.grad | (leaf * leaf).sum(); [leaf] |
    zeros | 2; 3; dtype=torch.float32; requires_grad=True |
    full | (2, 3); 1.0; dtype=torch.float32 |
    rand | 2; 3; dtype=torch.float64 |
    randint | 0; 5; (2,); dtype=torch.int32 |
    randperm | 4; dtype=torch.int64 |
    linspace | 0; 1; 5; dtype=torch.float64 |
    eye | 2; 3; dtype=torch.float64 |
    tensor | [1, 2]; dtype=torch.float64; requires_grad=True |
    full_like | {X}; 2.0; dtype=torch.float64 |
    normal | 0.0; 1.0; (2,) |
    nn.functional.dropout | {X}; 0.5; True; False |
    nn.functional.softmax | {X}; dim=1; dtype=torch.float64 |
    nn.functional.cross_entropy | {X}; torch.tensor([0, 1]); weight=torch.ones(3); label_smoothing=0.1 |
    nn.functional.binary_cross_entropy | {X}; {Y}; weight=torch.ones(2, 3); reduction='mean' |
    nn.functional.one_hot | torch.tensor([0, 1]); 3 |
    nn.functional.layer_norm | {X}; (3,); eps=1e-5 |
"""

# An object | its methods, each with arguments.
METHODS = f"""
    torch.nn.Linear(3, 2) | to: torch.float64 | train: True | requires_grad_: False | register_parameter: 'p'; None
    torch.nn.Linear(3, 2) | register_buffer: 'b'; torch.ones(2); persistent=True | add_module: 'm'; None | __call__: {X}
    torch.nn.Sequential(torch.nn.ReLU()) | __getitem__: 0 | append: torch.nn.ReLU() | insert: 0; torch.nn.ReLU()
    optimizer | add_param_group: {{'params': [{PARAMETER}]}} | step: closure=None
    {X} | to: torch.float64; copy=True | view: 3; 2 | reshape: (3, 2) | permute: 1; 0 | expand: 2; 2; 3 | flip: 0
    {X} | sum: 0; keepdim=True | mean: 1; dtype=torch.float64 | var: 0; correction=1 | max: 1; True | argmax: 1
    {X} | sort: 1; True | topk: 1; dim=1 | split: 1; dim=0 | chunk: 2; 1 | squeeze: 0 | transpose: 0; 1 | flatten: 0; 1
    {X} | gather: 1; torch.tensor([[0], [1]]) | scatter_: 1; torch.tensor([[0], [1]]); 0.5 | fill_: 1.0 | copy_: {Y}
    {X} | add_: {Y}; alpha=2 | sub: 1; alpha=2 | div: 2; rounding_mode='floor' | pow: 2 | clamp: 0; 1 | lerp: {Y}; 0.5
    {X} | uniform_: 0; 1 | normal_: 0; 1 | random_: 0; 5 | bernoulli_: 0.5 | new_zeros: 2; 3 | new_full: (2,); 1.0
    {X} | cumsum: 1; dtype=torch.float64 | quantile: 0.5; dim=1 | norm: 2; dim=1 | numpy: force=True | size: 0
    {X} | masked_fill_: torch.ones(2, 3).bool(); 0.0 | where: torch.ones(2, 3).bool(); {Y} | tril: 1 | roll: 1; 0
    {X} | repeat_interleave: 2; dim=0 | narrow: 1; 0; 2 | select: 1; 0 | unique: sorted=True; return_counts=True
    {X} | index_add_: 0; torch.tensor([0]); torch.ones(1, 3); alpha=2 | isclose: {Y}; rtol=0.1 | mm: torch.ones(3, 2)
    leaf | backward: torch.ones(2, 3) | register_hook: lambda g: g | __setattr__: 'grad'; torch.ones(2, 3)
"""


class Call(NamedTuple):
    """What is called, with which arguments, and what the result is then called with."""

    function: str
    arguments: list[str]
    then: list[str]


def _arguments(text: str) -> list[str]:
    return [one.strip() for one in text.split(";") if one.strip()]


def calls() -> list[Call]:
    found = []
    for line in MADE.strip().splitlines():
        function, arguments, then = (one.strip() for one in line.split("|"))
        found.append(Call(f"torch.{function}", _arguments(arguments), _arguments(then)))
    for line in METHODS.strip().splitlines():
        receiver, *methods = (one.strip() for one in line.split(" | "))
        for method in methods:
            name, _, arguments = method.partition(":")
            found.append(Call(f"({receiver}).{name}", _arguments(arguments), []))
    return found


CALLS = calls()
KEYWORD = re.compile(r"^([a-z_]+=)(?!=)")


def corrupted(arguments: list[str], rng: random.Random) -> list[str]:
    """The arguments with a wrong one, without one, or with one more."""
    arguments = list(arguments)
    way = rng.random()
    if arguments and way < 0.8:
        place = rng.randrange(len(arguments))
        keyword = KEYWORD.match(arguments[place])
        arguments[place] = (keyword.group(1) if keyword else "") + rng.choice(WRONG)
    elif arguments and way < 0.9:
        arguments.pop(rng.randrange(len(arguments)))
    else:
        arguments.append("unknown_keyword=1")
    return arguments


def source(rng: random.Random) -> str:
    """The text of one hostile call."""
    call = rng.choice(CALLS)
    if call.then and rng.random() < 0.5:
        return f"{call.function}({', '.join(call.arguments)})({', '.join(corrupted(call.then, rng))})"
    then = f"({', '.join(call.then)})" if call.then else ""
    return f"{call.function}({', '.join(corrupted(call.arguments, rng))}){then}"


def outcome(library: Any, text: str) -> tuple[str, str]:
    """The class of what a call raises and its message, or "fine"."""
    leaf = library.ones(2, 3, requires_grad=True)
    optimizer = library.optim.SGD([library.nn.Parameter(library.ones(2, 3))], 0.1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            eval(text, {"torch": library, "np": np, "leaf": leaf, "optimizer": optimizer})
        except Exception as error:
            return type(error).__name__, str(error)
    return "fine", ""


class Difference(NamedTuple):
    text: str
    ours: str
    theirs: str
    message: str


def differences(libraries: tuple[Any, Any], count: int, seed: int) -> tuple[int, list[Difference]]:
    """How many different calls were made, and those in which the libraries differ."""
    rng = random.Random(seed)
    texts = list(dict.fromkeys(source(rng) for _ in range(count)))
    ours, theirs = libraries
    found = []
    for text in texts:
        (mine, message), (other, _) = outcome(ours, text), outcome(theirs, text)
        if mine != other or names_internals(message):
            found.append(Difference(text, mine, other, message))
    return len(texts), found


def names_internals(message: str) -> bool:
    """Whether a message names a private attribute or a function that no user knows."""
    return re.search(r"attribute '_[a-z]|<locals>|\b_array\b", message) is not None


def told(found: list[Difference], examples: int = 4) -> str:
    """The differences, the most frequent kinds first."""
    kinds: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for one in found:
        kinds[one.ours, one.theirs].append(one)
    lines = []
    for (ours, theirs), some in sorted(kinds.items(), key=lambda item: -len(item[1])):
        lines.append(f"{len(some)} x numpynet {ours}, torch {theirs}, as in")
        lines += [f"    {one.text}    {one.message[:60]!r}" for one in some[:examples]]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    import torch

    import numpynet

    count, seed = int(arguments[0]) if arguments else 10_000, int(arguments[1]) if len(arguments) > 1 else 0
    made, found = differences((numpynet, torch), count, seed)
    print(told(found))
    print(f"{made} calls, {len(found)} answered differently")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
