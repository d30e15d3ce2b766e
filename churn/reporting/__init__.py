"""Answers to people's questions: what is published, what was loaded, how two dates differ, what is configured."""
