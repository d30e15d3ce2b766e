"""From a file to rows that keep the contract, and rows that do not, each with its reasons."""
