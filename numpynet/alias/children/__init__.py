"""children: what processes that a program under ``numpynet run`` starts find as torch: numpynet, too."""
