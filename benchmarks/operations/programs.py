"""Whole programs, as teaching material writes them; each returns the losses that it would print."""

from __future__ import annotations

from benchmarks.operations.row import Row

PROGRAMS: tuple[Row, ...] = ()
