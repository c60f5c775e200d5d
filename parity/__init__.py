"""parity: whether numpynet computes what torch computes, and whether your own code does."""

from parity.grade.declaration import exercise as exercise
