"""When and in which order. A task is one call of the library plus a policy; a flow reads as a table of contents."""
