"""grade: a student's hand-written backward functions, recognised, searched for mistakes, and explained.

The student's code runs in a process of its own (`worker`, `solutions`, `calling`, `watching`), which is asked for
arrays and returns arrays (`remote`, `plain`); in a notebook it runs in place (`here`). All else happens on the
grader's side: functions are recognised (`declaration`, `catalogue`, `composites`, `signature`), tried on many inputs
(`grading`, `cases`, `answer`) against what is right (`oracle`), and their mistakes explained (`hints`, `hypotheses`,
`guesses`, `mistakes`, `pool`, `expressions`, `factors`, `conditions`, `culprit`) in words (`report`, `literal`,
`verdict`).
"""
