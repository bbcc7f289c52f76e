"""Web Push (RFC 8030, 8291, 8292): what it says, for whom it is locked, and handing it to the browser's service."""
