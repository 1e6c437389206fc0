"""The rules of tools/lint, one module per family; main.py holds the table of all of them."""
