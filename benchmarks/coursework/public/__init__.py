"""Mistakes that people reported in public threads, derived anew; each file says where."""
