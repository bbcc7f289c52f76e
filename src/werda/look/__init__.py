"""The look: quiet, precise, trustworthy; closer to a well-set timetable than to a dashboard.

One font, few sizes, a 4 px grid, light and dark. Colour means state and nothing else, and state never stands on colour
alone: an icon and a word stand beside it. Every asset is shipped and nothing is inline (surfaces, "The look").
"""
