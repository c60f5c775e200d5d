"""lessons: backpropagation in eleven lessons, as scripts and notebooks that run."""

from numpynet.lessons.reading import Lesson, Part, lesson, lessons

__all__ = ["Lesson", "Part", "lesson", "lessons"]
