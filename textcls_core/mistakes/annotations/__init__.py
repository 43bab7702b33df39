"""What people say about rows: tags, notes, other labels, and the versions made of them."""
