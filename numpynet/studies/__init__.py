"""Studies: three small experiments with numpynet, as functions and as the command line `numpynet`.

`regression` fits a line from scratch, `iris` compares an update written by hand with SGD, and `widths` asks
whether a wider hidden layer learns faster. Each returns a `Result`: its numbers, a report, a figure.
"""

from numpynet.studies.iris import IrisResult, iris
from numpynet.studies.regression import RegressionResult, regression
from numpynet.studies.result import Result
from numpynet.studies.widths import WidthsResult, widths

__all__ = ["IrisResult", "RegressionResult", "Result", "WidthsResult", "iris", "regression", "widths"]
