"""The rules of her rights."""
