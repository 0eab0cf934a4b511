"""What a reviewer is handed."""
