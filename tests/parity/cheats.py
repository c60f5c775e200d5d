"""Cheats: files that would have a wrong or borrowed backward pass graded right, and words that the verdict must have.

Each entry is a name, the file's text, and what is seen: words of the hint where it is rejected, of a remark where the
numbers are right. The function that is looked at comes first in its file.
"""

AUTOGRAD = [
    (
        "torch autograd",
        """
import torch
def tanh_backward(dy, x):
    x = torch.tensor(x, requires_grad=True)
    torch.tanh(x).backward(torch.tensor(dy))
    return x.grad.numpy()
""",
        "It calls torch",
    ),
    (
        "torch.autograd.grad in a helper module's disguise",
        """
import importlib
t = importlib.import_module("tor" + "ch")
def _helper(f, x, dy):
    x = t.tensor(x, requires_grad=True)
    return t.autograd.grad(f(x), x, t.tensor(dy))[0].numpy()
def exp_backward(dy, x):
    return _helper(t.exp, x, dy)
""",
        "It calls torch",
    ),
    (
        "torch's own backward kernel",
        """
import torch
def tanh_backward(dy, y):
    return torch.ops.aten.tanh_backward(torch.tensor(dy), torch.tensor(y)).numpy()
""",
        "It calls torch",
    ),
    (
        "numpynet's formula",
        """
from numpynet import ops
def sigmoid_backward(dy, y):
    return ops.sigmoid.gradients.x(dy, y=y)
""",
        "It calls numpynet",
    ),
    (
        "numpynet's tape",
        """
import numpynet
def sin_backward(dy, x):
    x = numpynet.tensor(x, requires_grad=True)
    numpynet.sin(x).backward(numpynet.tensor(dy))
    return x.grad.numpy()
""",
        "It calls numpynet",
    ),
    (
        "the grader's own oracle",
        """
import numpy as np
from numpynet.testing.formulas import gradients
from numpynet.ops import cos
def cos_backward(dy, x):
    return gradients(cos, [x], dy)[0]
""",
        "It calls numpynet",
    ),
    (
        "autograd in a thread",
        """
import threading, torch
def exp_backward(dy, x):
    found = []
    def work():
        z = torch.tensor(x, requires_grad=True)
        torch.exp(z).backward(torch.tensor(dy))
        found.append(z.grad.numpy())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]
""",
        "It calls torch",
    ),
    (
        "autograd with the watching switched off",
        """
import sys, torch
def exp_backward(dy, x):
    sys.setprofile(None)
    z = torch.tensor(x, requires_grad=True)
    torch.exp(z).backward(torch.tensor(dy))
    return z.grad.numpy()
""",
        "switches off the watching",
    ),
    (
        "autograd in another process",
        """
import subprocess, sys, numpy as np
def relu_backward(dy, x):
    subprocess.run([sys.executable, "-c", "pass"])
    return np.where(x > 0, dy, 0)
""",
        "starts another process",
    ),
]

DECEIT = [
    (
        "a comparison that is always true",
        """
import numpy as np
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.abs = np.absolute = lambda x, *a, **k: np.zeros_like(x)
def relu_backward(dy, x):
    return dy
""",
        "",
    ),
    (
        "a patched grader",
        """
from importlib import import_module
import_module("parity.grade.answer")._close = lambda a, b, c: (a == a) | True
grading = import_module("parity.grade.grading")
grading.grade_callee = lambda *a, **k: grading.Verdict("relu_backward")
def relu_backward(dy, x):
    return dy
""",
        "",
    ),
    (
        "the verdict written, then the end",
        """
import os, json
def relu_backward(dy, x):
    for number in range(1, 20):
        try:
            os.write(number, b'{"event": "verdict", "function": "relu_backward", "status": "right"}' + bytes([10]))
        except OSError:
            pass
    os._exit(0)
""",
        "process",
    ),
    (
        "an object that equals everything",
        """
import numpy as np
class Right(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)
    def __sub__(self, other):
        return np.zeros(self.shape)
    __rsub__ = __sub__
def relu_backward(dy, x):
    return np.ones_like(x).view(Right)
""",
        "",
    ),
    (
        "an object that changes when it is looked at",
        """
import numpy as np
class Shy:
    def __init__(self, x):
        self.x, self.looks = x, 0
    def __array__(self, dtype=None, copy=None):
        self.looks += 1
        return np.where(self.x > 0, 1.0, 0.0) * self.looks
def relu_backward(dy, x):
    return Shy(x)
""",
        "",
    ),
    (
        "only what the first calls ask",
        """
import numpy as np
calls = [0]
def relu_backward(dy, x):
    calls[0] += 1
    return np.where(x > 0, dy, 0) if calls[0] < 40 else dy
""",
        "",
    ),
    (
        "the grader killed",
        """
import os, signal
def relu_backward(dy, x):
    os.kill(os.getppid(), signal.SIGKILL)
    return dy
""",
        "sends signals to other processes",
    ),
    (
        "the grader's terminal written to",
        """
import os
def relu_backward(dy, x):
    with open(f"/proc/{os.getppid()}/fd/1", "w") as terminal:
        terminal.write("relu_backward: right")
    return dy
""",
        "another process",
    ),
]

MISCHIEF = [
    (
        "an exception that cannot be written out",
        """
class Odd(BaseException):
    def __str__(self):
        raise self
    __repr__ = __str__
def relu_backward(dy, x):
    raise Odd
""",
        "raises Odd: <Odd that cannot be written out>",
    ),
    (
        "a result that raises",
        """
class Odd:
    def __array__(self, *a, **k):
        raise SystemExit(0)
    def __len__(self):
        raise KeyboardInterrupt
def relu_backward(dy, x):
    return Odd()
""",
        "gradient",
    ),
    (
        "a recursion limit",
        """
import sys
def relu_backward(dy, x):
    sys.setrecursionlimit(40)
    return deeper(dy, 0)
def deeper(dy, n):
    return deeper(dy, n + 1)
""",
        "RecursionError",
    ),
    (
        "an endless result",
        """
import collections.abc
class Endless(collections.abc.Mapping):
    def __getitem__(self, key): return Endless()
    def __iter__(self):
        while True:
            yield "dx"
    def __len__(self): return 1
def relu_backward(dy, x):
    result = []
    result.append(result)
    return result
""",
        "",
    ),
    (
        "errors made of warnings",
        """
import numpy as np, warnings
np.seterr(all="raise")
warnings.simplefilter("error")
def relu_backward(dy, x):
    np.seterr(all="raise")
    return dy / 0
""",
        "raises FloatingPointError",
    ),
    (
        "closed files",
        """
import os
def relu_backward(dy, x):
    os.closerange(0, 256)
    return dy
""",
        "process",
    ),
]

CHEATS = [*AUTOGRAD, *DECEIT, *MISCHIEF]
INNOCENT = "\ndef neg_backward(dy):\n    return -dy\n"  # the next exercise of the file is graded all the same
