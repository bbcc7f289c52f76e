// Serves the shell while there is no internet, and nothing else: no page is ever kept, so no old status and no secret
// can be shown. SHELL and VERSION stand before this file (portal/app/files.py); another version takes over at once,
// which nobody notices, because with internet everything comes from the server.

const SHELF = `shell-${VERSION}`;
const OFFLINE = SHELL[0];

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const clear = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== SHELF).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clear());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(OFFLINE)));
  } else if (request.method === "GET" && origin === self.location.origin && SHELL.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => kept(pathname)));
  }
});

async function kept(address) {
  const shelf = await caches.open(SHELF);
  return (await shelf.match(address)) ?? Response.error();
}
