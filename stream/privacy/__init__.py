"""Whatever touches a person's data: pseudonyms, their key, and what is masked."""
