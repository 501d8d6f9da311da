"""Notes API: Flask in front of Aurora PostgreSQL."""
