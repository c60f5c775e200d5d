"""Writes the list of torch's names, and the README's table of how many of them numpynet has."""

import re

import torch

from tests.coverage.names import LIST, README, table, text_of_list

LIST.write_text(text_of_list(torch))
README.write_text(re.sub(r"\| place \|.*?\n\n", lambda _: table() + "\n", README.read_text(), count=1, flags=re.DOTALL))
