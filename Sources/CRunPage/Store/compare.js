// The chosen runs beside each other: legend, curves, and below them their settings
const looks = {over: 'rounds', bySeed: false, band: 'range'};
const overlays = [
  new Overlay(byId('accuracy'), {measure: 'accuracy', noun: 'accuracy', ceiling: 1, leastSpan: 0.04}),
  new Overlay(byId('loss'), {measure: 'loss', noun: 'loss', axis: 'loss', floor: -Infinity, ceiling: Infinity, leastSpan: 0.02, format: nats,
    tick: (value, step) => Math.abs(value) >= 1e5 ? value.toExponential(0) : value.toFixed(decimals(step))}),
];

/// The chosen runs that there are, in the order in which they were chosen.
const chosenRuns = () => [...view.chosen].map(id => store.runs.get(id)).filter(run => run !== undefined);

/// All that depends on which runs are chosen.
function showChoice() {
  keepAddress();
  showTable();
  showComparison();
}

let comparisonTimer = null;
/// Once for many answers that come together.
function showComparison() {
  comparisonTimer ??= setTimeout(() => { comparisonTimer = null; drawComparison(); }, 0);
}

function drawComparison() {
  const chosen = chosenRuns(), compared = chosen.slice(0, statesAtMost), ids = compared.map(run => run.id);
  byId('chosen').hidden = byId('compare').hidden = chosen.length === 0;
  say(byId('chosen-count'), `${plural(chosen.length, 'run')} chosen`);
  byId('steer-chosen').hidden = store.steering.allowed === false;
  askForStates(ids);
  if (chosen.length === 0) return;
  const lines = linesOf(compared, looks.bySeed), drawn = lines.filter(line => line.slot !== undefined).length;
  const without = compared.filter(run => runStates.get(run.id)?.isMissing === true).length, waiting = compared.filter(run => !runStates.has(run.id)).length;
  say(byId('compare-note'), [
    compared.length < chosen.length ? `the first ${count(compared.length)} of ${count(chosen.length)}` : '',
    drawn < lines.length ? `${count(drawn)} of ${count(lines.length)} lines are drawn` : '',
    waiting > 0 ? `reading ${plural(waiting, 'run')}` : '', without > 0 ? `${plural(without, 'run')} can’t be read now` : ''].filter(text => text !== '').join(' · '));
  const isR2 = lines.every(line => line.isR2), isMixed = !isR2 && lines.some(line => line.isR2), score = isMixed ? 'accuracy or R²' : isR2 ? 'R²' : 'accuracy';
  const [accuracy] = overlays;
  Object.assign(accuracy, {noun: score, floor: isR2 || isMixed ? -Infinity : 0, axis: isR2 || isMixed ? score : 'accuracy (%)',
    format: value => scoredIn(isR2 || isMixed, value), tick: (value, step) => isR2 || isMixed ? value.toFixed(decimals(step)) : (value * 100).toFixed(decimals(step * 100))});
  say(byId('accuracy-title'), `Server ${score}`);
  for (const over of ['seconds', 'bytes']) {
    const input = document.querySelector(`#over input[value=${over}]`), isKnown = lines.some(line => line.points.some(point => point[over] !== null));
    input.parentElement.hidden = !isKnown && looks.over !== over;
  }
  for (const overlay of overlays) overlay.update(lines, looks.over, looks.bySeed ? looks.band : null);
  byId('band').hidden = !looks.bySeed;
  showLegend(lines, score);
  showSettings(lines);
}

function showLegend(lines, score) {
  const isOne = lines.every(line => line.runs.length === 1);
  const heads = ['', 'run', score, ...isOne ? ['best'] : ['± deviation', 'runs'], 'loss', 'rounds', 'time', ''];
  const shown = JSON.stringify([heads, lines.map(line => [line.key, line.slot, line.name, line.runs.map(run => run.key)])]);
  if (byId('legend').dataset.shown === shown) return;
  byId('legend').dataset.shown = shown;
  const focused = document.activeElement?.closest?.('#legend') ? document.activeElement.getAttribute('aria-label') : null;
  byId('legend-head').replaceChildren(...heads.map((title, index) => title === '' ? make('td') : make('th', {scope: 'col', class: index > 1 ? 'number' : ''}, title)));
  byId('legend-body').replaceChildren(...lines.map(line => {
    const row = make('tr'), [run] = line.runs, mark = make('td'), name = make('th', {scope: 'row', class: 'data'}), last = make('td', {class: 'number'});
    const values = key => known(line.runs.map(one => one.numbers[key])), cell = text => make('td', {class: 'number'}, text);
    mark.append(swatch(line.slot));
    if (line.runs.length === 1 && hasPath(run.id)) name.append(make('a', {href: runPath(run.id)}, line.name)); else name.append(line.name);
    if (line.slot === undefined) name.append(make('span', {class: 'quiet'}, ' (not drawn)'));
    const out = make('button', {type: 'button', class: 'small', 'aria-label': `no longer choose ${line.name}`}, '×');
    out.addEventListener('click', () => { for (const one of line.runs) view.chosen.delete(one.id); byId('legend-box').focus(); showChoice(); });
    last.append(out);
    row.append(mark, name, cell(scoredIn(run.isR2, meanOf(values('accuracy')))),
      ...isOne ? [cell(scoredIn(run.isR2, run.numbers.best))] : [cell(line.runs.length < 2 ? unknown : `± ${scoredIn(run.isR2, deviation(values('accuracy')))}`), cell(count(line.runs.length))],
      cell(nats(meanOf(values('loss')))), cell(line.runs.length === 1 ? roundsText(run) : count(meanOf(values('rounds')))), cell(seconds(meanOf(values('seconds')))), last);
    const light = key => { for (const overlay of overlays) overlay.light(key); };
    for (const [event, key] of [['pointerenter', line.key], ['pointerleave', null], ['focusin', line.key], ['focusout', null]]) row.addEventListener(event, () => light(key));
    return row;
  }));
  if (focused !== null) [...byId('legend').querySelectorAll('button')].find(button => button.getAttribute('aria-label') === focused)?.focus();
}

for (const input of document.querySelectorAll('#over input, #band input')) {
  input.addEventListener('change', () => { looks[input.name] = input.value; drawComparison(); });
}
byId('by-seed').addEventListener('change', () => { looks.bySeed = byId('by-seed').checked; drawComparison(); });
byId('all-settings').addEventListener('change', () => drawComparison());
byId('go-compare').addEventListener('click', () => { byId('compare').scrollIntoView(); byId('compare').focus({preventScroll: true}); });
byId('choose-none').addEventListener('click', () => { view.chosen.clear(); byId('runs-box').focus({preventScroll: true}); showChoice(); });
byId('steer-chosen').addEventListener('click', () => openSteering(chosenRuns().map(run => run.id)));
