// How many samples of each class each client has
let shownDivision = '';
/// Of more clients than this the map shows some, evenly taken.
const mapLimit = 240;

function showDivision(clients, names) {
  const known = clients.filter(client => Array.isArray(client.classCounts) && client.classCounts.length > 0)
    .map(client => ({id: words(client.client, 40), counts: client.classCounts.map(value => number(value) ?? 0)}));
  byId('division').hidden = known.length === 0;
  if (known.length === 0) return;
  const shown = JSON.stringify([known, names, state.clientsSeen, isPrinting]);
  if (shownDivision === shown) return;
  shownDivision = shown;
  const classes = known.reduce((most, one) => Math.max(most, one.counts.length), 0), name = label => className(names, label);
  const least = [], most = [];
  for (let label = 0; label < classes; label += 1) {
    const values = known.map(one => one.counts[label] ?? 0);
    least.push(values.reduce((a, b) => Math.min(a, b)));
    most.push(values.reduce((a, b) => Math.max(a, b)));
  }
  const isEqual = known.length > 1 && least.every((value, label) => most[label] - value <= 1);
  const isFlat = isEqual && Math.max(...most) - Math.min(...least) <= 1;
  const low = Math.min(...least), high = Math.max(...most), whom = `All ${plural(known.length, 'client')}${known.length < (number(state.clientsSeen) ?? 0) ? ' that are listed' : ''}`;
  const held = known.map(one => one.counts.filter(value => value > 0).length), few = held.reduce((a, b) => Math.min(a, b)), many = held.reduce((a, b) => Math.max(a, b));
  say(byId('division-text'), isFlat ? `${whom} have equal counts: ${low === high ? count(high) : `${count(low)} or ${count(high)}`} samples of each of the ${plural(classes, 'class').replace(/classs$/, 'classes')}.`
    : isEqual ? `${whom} have equal counts: ${most.slice(0, 20).map((value, label) => `${count(value)} of ${name(label)}`).join(', ')}${classes > 20 ? ' …' : ''}.`
      : `${known.length === 1 ? `Client ${known[0].id} has` : 'A client has'} ${few === many ? count(many) : `${count(few)} to ${count(many)}`} of the ${plural(classes, 'class').replace(/classs$/, 'classes')}, and ${count(low)} to ${count(high)} samples of a class.`);
  byId('division-map').hidden = isEqual;
  byId('division-key').hidden = isEqual;
  if (isEqual) byId('division-map').replaceChildren(); else drawDivision(known, classes, high, name);
  tabulateDivision(known, classes, high, name);
}

/// A column a client, a row a class, eight shades.
function drawDivision(known, classes, high, name) {
  const columns = known.length <= mapLimit ? known : Array.from({length: mapLimit}, (_, index) => known[Math.floor(index * known.length / mapLimit)]);
  say(byId('division-key'), columns.length < known.length ? `${count(columns.length)} of ${count(known.length)} clients, evenly taken` : 'the darker, the more samples');
  const row = classes <= 20 ? 18 : Math.max(3, Math.round(360 / classes)), height = row * classes, width = 1000, column = width / columns.length;
  const svg = draw('svg', {viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': `Samples of ${count(classes)} classes, from the top, by ${count(columns.length)} clients, from the left; the table below has the numbers`});
  const shades = Array.from({length: 8}, () => []);
  columns.forEach((one, at) => one.counts.forEach((value, label) => {
    if (value <= 0) return;
    const gap = columns.length <= 60 ? 0.04 : 0;
    shades[Math.min(7, Math.floor(8 * Math.sqrt(value / high)))].push(
      `M${(at * column + gap * column).toFixed(2)} ${label * row + (row > 8 ? 1 : 0)}h${(column * (1 - 2 * gap)).toFixed(2)}v${row - (row > 8 ? 2 : 0)}h${(-column * (1 - 2 * gap)).toFixed(2)}z`);
  }));
  shades.forEach((paths, shade) => { if (paths.length > 0) svg.append(draw('path', {d: paths.join(''), 'fill-opacity': ((shade + 1) / 8).toFixed(3)})); });
  const map = byId('division-map'), box = make('div', {class: 'map'}), labels = make('ol', {'aria-hidden': 'true'}), tip = make('p', {class: 'quiet data', 'aria-hidden': 'true'});
  const stride = Math.max(1, Math.ceil(16 / row));
  for (let label = 0; label < classes; label += stride) {
    const item = make('li', {class: 'data'}, name(label));
    item.style.height = `${row * stride}px`;
    labels.append(item);
  }
  svg.style.height = `${height}px`;
  const rest = columns.length === 1 ? `client ${columns[0].id}` : `clients ${columns[0].id} to ${columns[columns.length - 1].id}, from the left`;
  say(tip, rest);
  svg.addEventListener('pointermove', event => {
    const frame = svg.getBoundingClientRect();
    const one = columns[Math.min(columns.length - 1, Math.max(0, Math.floor((event.clientX - frame.left) / frame.width * columns.length)))];
    const label = Math.min(classes - 1, Math.max(0, Math.floor((event.clientY - frame.top) / frame.height * classes)));
    say(tip, `client ${one.id}: ${count(one.counts[label] ?? 0)} of ${name(label)}`);
  });
  svg.addEventListener('pointerleave', () => say(tip, rest));
  // A few clients are no reason for bars as wide as the page.
  box.style.maxWidth = `${columns.length * 130 + 150}px`;
  box.append(labels, svg);
  map.replaceChildren(box, tip);
}

let fillDivision = null;
function tabulateDivision(known, classes, high, name) {
  fillDivision = () => {
    fillDivision = null;
    const shown = isReport || isPrinting ? known : known.slice(0, 200);
    const head = make('tr'), top = make('thead'), body = make('tbody');
    head.append(make('th', {scope: 'col'}, 'client'));
    for (let label = 0; label < classes; label += 1) head.append(make('th', {scope: 'col', class: 'number data'}, name(label)));
    top.append(head);
    for (const one of shown) {
      const line = make('tr');
      line.append(make('th', {scope: 'row', class: 'data'}, one.id));
      for (let label = 0; label < classes; label += 1) {
        const value = one.counts[label] ?? 0, cell = make('td', {class: value === 0 ? 'number zero' : 'number'}, count(value));
        if (value > 0) cell.style.background = `color-mix(in srgb, var(--accuracy) ${Math.round(35 * Math.sqrt(value / high))}%, var(--card))`;
        line.append(cell);
      }
      body.append(line);
    }
    byId('division-table').replaceChildren(captionOf(`Training samples by client (rows) and class (columns)${shown.length < known.length ? `: the first ${count(shown.length)} of ${count(known.length)} clients` : ''}`), top, body);
  };
  if (byId('division-details').open) fillDivision();
}
byId('division-details').addEventListener('toggle', () => { if (byId('division-details').open) fillDivision?.(); });
