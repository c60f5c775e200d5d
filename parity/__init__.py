"""parity: whether numpynet computes what torch computes, and whether your own code does."""

from parity.grade.declaration import exercise as exercise
from parity.grade.here import grade as grade  # the function, under the name of the package that it comes from
