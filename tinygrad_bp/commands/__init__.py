"""The command line: one file for each command, and the process in which a user's file runs."""
