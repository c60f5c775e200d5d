"""backends: the switches of libraries that torch may compute with and numpynet does not. They switch nothing."""

from numpynet.backends import cuda as cuda
from numpynet.backends import cudnn as cudnn
from numpynet.backends import mps as mps
