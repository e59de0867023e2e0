// Tells the console in which time zone to write times: pages come with times in it from the next request on.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const page = document.documentElement;
  if (!zone || page.dataset.zone === undefined || page.dataset.zone === zone || page.dataset.zoneChosen !== undefined) return;
  // A zone that the console does not know would be asked for without end.
  if (sessionStorage.getItem("zone") === zone) return;
  sessionStorage.setItem("zone", zone);
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
  // Where cookies are refused a second load would change nothing.
  if (document.cookie.includes(`zone=${zone}`)) location.reload();
})();
