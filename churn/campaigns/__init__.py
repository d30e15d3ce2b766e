"""The retention loop: who is eligible, who is contacted, who is held out, and what the contacts were worth."""
