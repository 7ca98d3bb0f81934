"""Stage mode: the talk, from slide to slide, and the hall's votes."""
