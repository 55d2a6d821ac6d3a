"""What `sigillo doctor` looks at. Each check gives findings with a stable id; none changes anything."""
