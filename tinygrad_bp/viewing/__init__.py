"""What pictures and pages show of a graph: nodes with ids and roles, their numbers as text."""
