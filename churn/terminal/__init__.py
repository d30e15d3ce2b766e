"""The terminal: the commands, what they print, and how a run is followed stage by stage."""
