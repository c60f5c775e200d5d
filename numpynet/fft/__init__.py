"""torch.fft: discrete Fourier transforms and their frequencies. Imported when it is first asked for.

float32 stays single: its transform is complex64.
"""

from numpynet.core.absence import asked
from numpynet.fft.frequencies import fft_fftfreq as fftfreq
from numpynet.fft.frequencies import fft_fftshift as fftshift
from numpynet.fft.frequencies import fft_ifftshift as ifftshift
from numpynet.fft.frequencies import fft_rfftfreq as rfftfreq
from numpynet.fft.transforms import fft_fft as fft
from numpynet.fft.transforms import fft_fft2 as fft2
from numpynet.fft.transforms import fft_fftn as fftn
from numpynet.fft.transforms import fft_hfft as hfft
from numpynet.fft.transforms import fft_ifft as ifft
from numpynet.fft.transforms import fft_ifft2 as ifft2
from numpynet.fft.transforms import fft_ifftn as ifftn
from numpynet.fft.transforms import fft_ihfft as ihfft
from numpynet.fft.transforms import fft_irfft as irfft
from numpynet.fft.transforms import fft_irfft2 as irfft2
from numpynet.fft.transforms import fft_irfftn as irfftn
from numpynet.fft.transforms import fft_rfft as rfft
from numpynet.fft.transforms import fft_rfft2 as rfft2
from numpynet.fft.transforms import fft_rfftn as rfftn

__all__ = [
    *("fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft"),
    *("irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn"),
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
