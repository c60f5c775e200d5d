"""`python -m numpynet` and the console script: the studies' command line, and `explain`."""

import sys

from numpynet.explain import command
from numpynet.studies import command_line


def main() -> int:
    """Runs the command line; returns the exit code."""
    arguments = sys.argv[1:]
    return command.main(arguments[1:]) if arguments[:1] == ["explain"] else command_line.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
