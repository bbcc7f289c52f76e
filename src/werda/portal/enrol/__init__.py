"""The first time here, or the way in is lost: by a letter code, or by a link and an SMS (E5)."""
