"""The portal as an installable app in a brand's own colours: manifest, icons, service worker, offline page (S8)."""
