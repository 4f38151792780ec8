// The page that waits for a run or an answer: it tells how far it is, and opens it when it
// is there. Without scripts the page loads itself again.

const step = /** @type {HTMLElement} */ (document.getElementById('step'));
const bar = /** @type {HTMLProgressElement} */ (document.getElementById('bar'));
const PAUSE = 700; // ms

async function look() {
  try {
    const answer = await fetch(step.dataset.state ?? '');
    const state = await answer.json();
    if (!answer.ok || state.step === 'ready' || state.step === 'failed') {
      location.reload(); // the page tells what is wrong
      return;
    }
    if (step.textContent !== state.text) step.textContent = state.text;
    if (state.bytes_known > 0) {
      bar.max = state.bytes_known;
      bar.value = Math.min(state.bytes, state.bytes_known);
    }
  } catch {
    step.textContent = 'The server does not answer. Trying again…';
  }
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
