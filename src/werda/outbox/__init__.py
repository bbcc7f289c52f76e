"""Messages to the operator's systems, as signed webhooks: each until it is taken, in the order of its stream."""
