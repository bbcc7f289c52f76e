"""Portal and app: where customers look up and change what the hotline asks them for, see what happened, act (S7–S13).

One folder for each area, a Django app of its own with addresses, views, templates and words; `areas.AREAS` lists them.
What they share stands here: `access` (who may see a page), `navigation`, the base template and the style sheet.
"""
