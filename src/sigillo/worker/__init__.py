"""The clock's door: what happens without anybody asking at that moment, on the job engine's own processes."""
