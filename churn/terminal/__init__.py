"""The terminal: commands, what they show, a run followed stage by stage."""
