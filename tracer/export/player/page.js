"use strict";
// page.html#t=12.5 begins there.
const from = Number(new URLSearchParams(location.hash.slice(1)).get("t")) || 0;
const recording = document.getElementById("recording").textContent.trim();
const player = AsciinemaPlayer.create({ data: recording }, document.getElementById("player"), {
  fit: "both",
  preload: true,
  startAt: from,
  poster: `npt:${from}`,
  terminalFontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
});
for (const button of document.querySelectorAll("button[data-at]")) {
  button.addEventListener("click", () => player.seek(Number(button.dataset.at)));
}
