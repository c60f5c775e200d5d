"""`python -m numpynet` and the console script: the studies' command line."""

import sys

from numpynet.studies.command_line import main

if __name__ == "__main__":
    sys.exit(main())
