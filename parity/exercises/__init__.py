"""exercises: a student's hand-written backward functions, recognised, searched for mistakes, and explained."""
