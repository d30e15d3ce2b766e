"""From features and labels to a model that was compared honestly. Pure: reads no store and writes none."""
