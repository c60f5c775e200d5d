"""torch.special: special functions, many of them under a second name. Imported when it is first asked for."""

from numpynet import composite, ops
from numpynet.composite.special import ndtr, polygamma
from numpynet.core.absence import asked
from numpynet.core.functions import function
from numpynet.ops import special

digamma = psi = function(special.digamma)
erf, erfc, erfinv = function(ops.erf), function(special.erfc), function(special.erfinv)
exp2, expit, expm1 = function(ops.exp2), function(ops.sigmoid), function(ops.expm1)
gammainc, gammaincc = function(special.igamma), function(special.igammac)
gammaln = function(special.lgamma)
log1p, logit = function(ops.log1p), function(special.logit)
log_softmax, softmax = composite.log_softmax, composite.softmax
logsumexp = function(ops.logsumexp)
round = function(ops.round)
sinc = function(special.sinc)
xlogy, xlog1py = function(special.xlogy), function(special.xlog1py)
entr, ndtri = function(special.entr), function(special.ndtri)
zeta = function(special.zeta)

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
