"""What is kept: the embedded server, roles, Django models, the SQL functions of the gate, and reads."""
