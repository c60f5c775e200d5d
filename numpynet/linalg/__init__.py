"""torch.linalg: norms, inverses, equations, decompositions. Imported when it is first asked for.

Of real matrices; of complex ones `eig`, `eigvals`, `inv`, `solve`, `matrix_exp`, `matrix_power`, norms and products.
"""

from numpynet import ops
from numpynet.core.absence import asked
from numpynet.core.functions import function
from numpynet.linalg.decompositions import linalg_cholesky as cholesky
from numpynet.linalg.decompositions import linalg_cholesky_ex as cholesky_ex
from numpynet.linalg.decompositions import linalg_eig as eig
from numpynet.linalg.decompositions import linalg_eigh as eigh
from numpynet.linalg.decompositions import linalg_eigvals as eigvals
from numpynet.linalg.decompositions import linalg_eigvalsh as eigvalsh
from numpynet.linalg.decompositions import linalg_matrix_rank as matrix_rank
from numpynet.linalg.decompositions import linalg_qr as qr
from numpynet.linalg.decompositions import linalg_svd as svd
from numpynet.linalg.decompositions import linalg_svdvals as svdvals
from numpynet.linalg.factoring import linalg_householder_product as householder_product
from numpynet.linalg.factoring import linalg_lu as lu
from numpynet.linalg.factoring import linalg_lu_factor as lu_factor
from numpynet.linalg.factoring import linalg_lu_factor_ex as lu_factor_ex
from numpynet.linalg.factoring import linalg_lu_solve as lu_solve
from numpynet.linalg.norms import linalg_cond as cond
from numpynet.linalg.norms import linalg_matrix_norm as matrix_norm
from numpynet.linalg.norms import linalg_norm as norm
from numpynet.linalg.norms import linalg_vector_norm as vector_norm
from numpynet.linalg.products import linalg_cross as cross
from numpynet.linalg.products import linalg_diagonal as diagonal
from numpynet.linalg.products import linalg_multi_dot as multi_dot
from numpynet.linalg.products import linalg_vander as vander
from numpynet.linalg.products import linalg_vecdot as vecdot
from numpynet.linalg.solving import linalg_det as det
from numpynet.linalg.solving import linalg_inv as inv
from numpynet.linalg.solving import linalg_inv_ex as inv_ex
from numpynet.linalg.solving import linalg_lstsq as lstsq
from numpynet.linalg.solving import linalg_matrix_exp as matrix_exp
from numpynet.linalg.solving import linalg_matrix_power as matrix_power
from numpynet.linalg.solving import linalg_pinv as pinv
from numpynet.linalg.solving import linalg_slogdet as slogdet
from numpynet.linalg.solving import linalg_solve as solve
from numpynet.linalg.solving import linalg_solve_ex as solve_ex
from numpynet.linalg.solving import linalg_solve_triangular as solve_triangular
from numpynet.linalg.solving import linalg_tensorinv as tensorinv
from numpynet.linalg.solving import linalg_tensorsolve as tensorsolve
from numpynet.ops.linear_algebra import LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

matmul = function(ops.matmul)
__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
