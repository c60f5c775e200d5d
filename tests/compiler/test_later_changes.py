"""What changes around a compiled step is noticed: the numbers of the step itself, or a refusal by line."""

from __future__ import annotations

import re

import pytest

import numpynet
from tests.compiler.later_changes import PROGRAMS

REFUSED = {
    "itertools_count_in_step": "next() changes an iterator",
    "generator_of_batches": "next() changes an iterator",
    "python_random_in_step": "randrange is called",
    "numpy_random_in_step": "permutation is called",
    "loss_dependent_branch": "the values of a tensor are needed by Python here",
    "grad_mode_outside": "a tensor is returned that requires a gradient",
    "scheduler_inside": "StepLR.step is called",
    "options_set_by_another_name": "the options of an optimizer are changed before it is known to be one's",
    "weakref_and_id": "ReferenceType is called",
    "chainmap_config": "an item of ChainMap is read",
    "counter_updated": ".update() changes a Counter that was there before",
    "present_time": "now is called",
    "text_of_an_object": "objects are written as text by Named.__str__",
    "text_by_percent": "objects are written as text by Named.__str__",
    "lists_of_objects_compared": "objects are compared by Named.__eq__",
    "object_in_a_list": "objects are compared by Named.__eq__",
    "object_as_a_key": "objects are compared by Named.__eq__",
    "index_of_an_object": "objects are compared by Named.__eq__",
    "set_of_objects": "objects are compared by Named.__eq__",
    "array_added_to": "a ndarray that was there before is changed",
    "array_written_to": "what is in seen is changed by the step",
    "generator_left_early": "a generator is left before its end",
    "dispatch_by_class": "factor is called",
    "global_function_made": "such a statement with a variable from outside cannot be followed",
    "dataclass_in_the_step": "Options.__init__ has no source",
    "descriptor_that_counts": "Holder.count is a descriptor of a class of one's own",
    "sorted_by_an_attribute": "attrgetter is called",
    "attributes_of_all": "attrgetter is called",
    "deep_copy_changed": "deepcopy is called",
    "entries_taken_away": "this deletion cannot be followed",
    "dictionary_returned_and_kept": "a list or a dictionary is at several places of what the step returns or keeps",
    "partial_method": "one.half is another whenever it is read",
    "item_deleted_by_a_method": "this deletion cannot be followed",
    "match_of_values": "Match cannot be followed",
    "class_in_the_step": "ClassDef cannot be followed",
    "list_read_after_a_change": "a container is read that the step itself changes by a method",
    "list_set_and_appended_to": "a container is changed by a method of which",
    "argument_changed": "a container that is an argument is changed",
    "argument_returned": "an argument of the compiled step that is a list or a dictionary is returned",
    "step_of_the_base_class": "the step of another class is called by an optimizer of one's own",
    "objects_sorted_in_place": "objects are compared by Weighed.__lt__",
    "comparison_of_dataclasses": "__lt__ has no source that can be read",
}


def as_it_is(step):
    return step


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_gives_the_numbers_of_the_step_itself(program):
    numpynet.manual_seed(0)
    expected = program(numpynet, as_it_is)
    numpynet.manual_seed(0)
    if program.__name__ in REFUSED:
        with pytest.raises(numpynet.CompileError, match=re.escape(REFUSED[program.__name__])):
            program(numpynet, numpynet.compile)
    else:
        assert program(numpynet, numpynet.compile) == expected
