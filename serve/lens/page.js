'use strict';
// The frame asks for what is missing, through Deck, and tells Deck how high it is.
(() => {
  const slowest = 5000; // ms between two questions about a run that is being read
  let asked = 0;

  const grown = () => window.spyglass && window.spyglass.contentUpdated();
  const frame = () => document.getElementById('prowtrace');

  // Deck answers a request whatever became of it, or never. What comes is ours if it has
  // our element.
  const ask = () => Promise.race([
    window.spyglass.requestPage('more'),
    new Promise((_, fail) => setTimeout(fail, 30000)),
  ]);

  const more = async () => {
    let next = null;
    try {
      next = new DOMParser().parseFromString(await ask(), 'text/html').getElementById('prowtrace');
    } catch { /* it is asked for again */ }
    // A run that goes on is read again now and then: what is shown stays meanwhile.
    if (next?.dataset.state === 'reading' && frame().dataset.state !== 'reading') {
      plan(next);
      return;
    }
    if (next && !next.isEqualNode(frame())) {
      const open = frame().querySelector('details[open]');
      frame().replaceWith(document.adoptNode(next));
      if (open && frame().querySelector('details')) frame().querySelector('details').open = true;
      grown();
    }
    plan(frame());
  };

  // plan asks again when the frame, or what came last, says so.
  const plan = (by) => {
    const again = Number(by.dataset.again);
    if (!window.spyglass || !again) return;
    asked++;
    setTimeout(seen, Math.max(again, Math.min(again * asked / 4, slowest)));
  };

  // A page that nobody sees asks when it is seen again.
  const seen = () => {
    if (document.hidden) document.addEventListener('visibilitychange', seen, { once: true });
    else more();
  };

  document.addEventListener('toggle', grown, true);
  window.addEventListener('resize', grown);
  window.addEventListener('load', () => plan(frame()));
})();
