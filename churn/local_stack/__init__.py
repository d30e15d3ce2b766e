"""Services of one machine: started, watched, stopped."""
