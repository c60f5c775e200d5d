"""Programs: training code written once against a `torch`-shaped namespace, which parity runs with both libraries."""

from parity.programs.draws import draws
from parity.programs.iris import iris_as_written, iris_mended, iris_sgd, widths
from parity.programs.networks import deep, dropout_momentum, loader_schedule, optimized
from parity.programs.operations import operations
from parity.programs.program import Program
from parity.programs.regression import regression

PROGRAMS = {
    program.name: program
    for program in (
        Program("draws", draws, 0),
        Program("operations", operations, 0),
        Program("regression", regression, 1248),
        Program("iris-sgd", iris_sgd, 1000),
        Program("iris-as-written", iris_as_written, 1000),
        Program("iris-mended", iris_mended, 1000),
        Program("widths", widths, 1050),
        Program("deep", deep, 1000),
        Program("dropout-momentum", dropout_momentum, 1000),
        Program("loader-schedule", loader_schedule, 1000),
        Program("adam", optimized("Adam", lr=0.01), 200),
        Program("amsgrad", optimized("Adam", lr=0.01, amsgrad=True, weight_decay=0.01), 200),
        Program("adamw", optimized("AdamW", lr=0.01, betas=(0.8, 0.99)), 200),
        Program("rmsprop", optimized("RMSprop", lr=0.01), 200),
        Program("rmsprop-centered", optimized("RMSprop", lr=0.005, momentum=0.5, centered=True), 200),
        Program("adagrad", optimized("Adagrad", lr=0.1, lr_decay=0.01, weight_decay=0.001), 200),
        Program("adadelta", optimized("Adadelta"), 100),
        Program("adamax", optimized("Adamax", lr=0.01), 100),
        Program("nadam", optimized("NAdam", lr=0.01), 100),
        Program("radam", optimized("RAdam", lr=0.01), 100),
        Program("asgd", optimized("ASGD", lr=0.05), 100),
        Program("rprop", optimized("Rprop", lr=0.01), 100),
    )
}
