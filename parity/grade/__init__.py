"""grade: a student's hand-written backward functions, recognised, searched for mistakes, and explained.

The command reads the file in a process of its own (`worker`), where the functions are recognised (`declaration`,
`catalogue`, `signature`), tried on many inputs (`grading`, `cases`, `answer`) against what is right (`oracle`), and
their mistakes explained (`hints`, `hypotheses`, `factors`, `conditions`).
"""
