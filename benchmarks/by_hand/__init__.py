"""Training steps written by hand in NumPy: how fast a step can be with the formulas and layouts of numpynet.

They keep torch's layouts (weights (O, I), batches (N, I)), take any batch, compute the loss every step and leave
gradients behind. Everything else is what an expert does against the clock:

- all parameters in one flat buffer and all gradients in another, so that an update is two calls;
- every result written into memory that was made beforehand, `out` by position;
- products by the bound method `x.dot`; sums by a product with ones, never by `sum`;
- numbers as arrays of no dimension, which NumPy takes faster than Python's;
- ReLU against an array of zeros, which is faster than against a number.
"""
