// Serves the shell while there is no internet, and nothing else: no page is ever kept, so no old status and no secret
// can be shown. SHELL and VERSION stand before this file (portal/app/files.py); another version takes over at once,
// which nobody notices, because with internet everything comes from the server. Shows pushes, too.

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

// A push says whose it is and what happened, and where a tap leads: a page of this portal. What cannot be read says only
// that there is something.
self.addEventListener("push", (event) => {
  const said = read(event.data);
  const shown = { body: said.body, tag: said.topic, icon: "/icon-192.png", data: { path: said.path } };
  event.waitUntil(self.registration.showNotification(said.title, shown));
});

function read(data) {
  let said = {};
  try {
    said = data?.json() ?? {};
  } catch {
    // locked for somebody else, or not ours
  }
  const path = typeof said.path === "string" && /^\/(?![/\\])/.test(said.path) ? said.path : "/";
  return { title: String(said.title ?? NAME), body: String(said.body ?? ""), topic: String(said.topic ?? ""), path };
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.path ?? "/"));
});

async function show(path) {
  const [open] = await self.clients.matchAll({ type: "window" });
  if (!open) return self.clients.openWindow(path);
  await open.focus();
  return open.navigate(path);
}

async function kept(address) {
  const shelf = await caches.open(SHELF);
  return (await shelf.match(address)) ?? Response.error();
}
