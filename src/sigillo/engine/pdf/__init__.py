"""The parts of the PDF file format that signing needs: read lazily, change by appending (ISO 32000-2, 7)."""
