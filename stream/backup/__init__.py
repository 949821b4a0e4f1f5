"""The folder of a back-up: records of topics in checked files, and the manifest that says which of them count."""
