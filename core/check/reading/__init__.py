"""How pasted code and real modules become graphs: a reader of Python, and the frameworks' names."""
