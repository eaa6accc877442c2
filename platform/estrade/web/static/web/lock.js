// A shared tablet locks itself: after a quarter of an hour without a touch the session ends and the page asks who is there.
// What a juror's device still has to send stays on it, under that juror's name, until the same person comes back.

const form = document.querySelector("form[data-lock]");
const minutes = Number(form?.dataset.lock);
let touched = Date.now();

// Asked again at each touch: the hour that a tablet slept counts although its timers slept.
const lockIfIdle = () => {
  // Without a network the question could not be shown, and a juror at work would lose the page.
  if (navigator.onLine && Date.now() - touched >= minutes * 60_000) form.requestSubmit();
};

if (form) {
  // The server need not count: it would take an hour without a network for an hour without anybody.
  document.cookie = "locks_itself=1; path=/; samesite=lax";
  for (const sign of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(sign, () => {
      lockIfIdle();
      touched = Date.now();
    }, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", lockIfIdle);
  setInterval(lockIfIdle, 5_000);
}
