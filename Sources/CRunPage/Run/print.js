// On paper there is nothing to open and nothing to scroll: everything is opened, and all rows are there.
let isPrinting = false;
const opened = [];

function beginPrinting() {
  if (isPrinting || state === null) return;
  isPrinting = true;
  for (const details of document.querySelectorAll('details:not([open])')) {
    details.open = true;
    opened.push(details);
  }
  show(state);
  showMatrix?.();
  fillDivision?.();
  for (const chart of [accuracyChart, lossChart, normChart, cosineChart]) if (chart.measure()) chart.render();
}

function endPrinting() {
  if (!isPrinting) return;
  isPrinting = false;
  for (const details of opened.splice(0)) details.open = false;
  show(state);
}

addEventListener('beforeprint', beginPrinting);
addEventListener('afterprint', endPrinting);
matchMedia('print').addEventListener('change', event => { if (event.matches) beginPrinting(); else endPrinting(); });
