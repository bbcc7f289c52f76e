"""SMS to one customer, by the operator's HTTP gateway: what they say, and handing them over."""
