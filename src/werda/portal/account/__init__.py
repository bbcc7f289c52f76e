"""One's own account: how to sign in, where one is signed in, and what else belongs to it."""
