"""The contracts of the frames that go from one room to another, and the words that the frames may contain."""
