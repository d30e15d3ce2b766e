"""What commands and flow files share: options, and errors in one line."""
