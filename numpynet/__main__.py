"""`python -m numpynet` and the console script: the studies' command line, `run`, `explain`, and the lessons."""

import sys

from numpynet.alias import command as alias
from numpynet.explain import command as explain
from numpynet.lessons import command as lessons
from numpynet.studies import command_line

COMMANDS = {"run": alias.main, "explain": explain.main, "lessons": lessons.listing, "lesson": lessons.copying}


def main() -> int:
    """Runs the command line; returns the exit code."""
    name, *arguments = sys.argv[1:] or [""]
    return COMMANDS[name](arguments) if name in COMMANDS else command_line.main()


if __name__ == "__main__":
    sys.exit(main())
