"""How often something was rearranged that a compiled step takes for granted.

That is whatever is neither a number in an array nor an option of an optimizer: the memory of a tensor replaced, its
``requires_grad`` switched, a module's attribute set. Compiled steps look at this one count before they run, and
look closer only when it has moved.
"""

from __future__ import annotations

count = [0]
