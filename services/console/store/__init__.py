"""Sessions, the only thing that console keeps."""
