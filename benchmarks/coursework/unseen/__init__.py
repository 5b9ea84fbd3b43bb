"""Programs that were written after the search, and were not looked at while it was made."""
